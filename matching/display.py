"""An answer in the words and rows of the page. Pure: takes the answer as the API gives it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from matching.diff import Column
from matching.engine.profiles import load_categories
from matching.offer import offered

SHOWN_CONTRIBUTIONS = 8
"""Bars drawn one by one; the rest is one bar."""

UNDECIDED = 0.55
"""Confidence below which a review is said to lean nowhere."""

BAR = 100.0
"""Length of the longest bar to either side of zero, in units of the drawing."""

VERDICTS = {
    "immaterial": ("Immaterial", "✓", "The same name for this purpose."),
    "review": ("A person must look", "?", "The names alone do not settle it."),
    "material": ("Material", "✕", "Another name, or not good enough for this purpose."),
}
EFFECTS = {
    "equal": ("≈", "Equal by rule"),
    "model": ("◔", "The model weighs it"),
    "review": ("?", "A person must look"),
    "material": ("✕", "Material"),
}
_CHOICES = {"auto": "Detect", "organisation": "Organisation", "individual": "Individual"}
_DECIDERS = {
    "rule": "A rule decided.",
    "model": "The model decided, because the profile leaves these differences to it.",
    "search logic": "The standard search logic decided.",
    "identifiers": "The identifiers given with the names decided.",
    "two distinctive differences": "Two differences in distinctive words decided.",
    "rule and model disagree": "A rule and the model disagree, so a person must look.",
}
_ORGANISATION = {
    "stem": "Name without its form",
    "legal_forms": "Legal form",
    "numerals": "Numbers",
    "geography": "Places",
    "connectors": "Connecting words",
    "roles": "Role words",
    "appended": "Appended parts",
    "scripts": "Writing",
}
_INDIVIDUAL = {
    "surname": "Surname",
    "given": "Given name",
    "middle": "Middle name",
    "patronymic": "Patronymic",
    "particles": "Particles",
    "suffix": "Suffix",
    "titles": "Titles",
    "postnominals": "Letters after the name",
    "nicknames": "Nicknames",
    "alias": "Alias",
    "capacity": "Capacity",
    "scripts": "Writing",
}
_CODES_SHOWN = 3


class Verdict(NamedTuple):
    """A verdict as a person reads it."""

    id: str
    title: str
    symbol: str
    meaning: str


class PartRow(NamedTuple):
    """One part of both names as the engine read them."""

    label: str
    left: tuple[str, ...]
    right: tuple[str, ...]


class Bar(NamedTuple):
    """What one feature added, in log-odds; ``start`` and ``width`` place the bar on an axis from 0 to 200."""

    label: str
    value: float
    start: float
    width: float


class Row(NamedTuple):
    """One difference of the answer with the symbol and the words of its effect."""

    difference: Mapping[str, Any]
    symbol: str
    effect: str


def verdict(name: str) -> Verdict:
    """Return the words for a verdict."""
    return Verdict(name, *VERDICTS[name])


def sentence(judged: Verdict, reason: str) -> str:
    """Return the reason without the words of the verdict, which stand above it."""
    plain = reason.removeprefix(f"{judged.title}: ")
    return plain[:1].upper() + plain[1:] or judged.meaning


def percent(share: float) -> str:
    """Write a probability in [0, 1]; a certainty that nobody has is not claimed."""
    if share > 0.999:
        return "over 99.9 %"
    return (
        f"{share:.1%}".replace("%", " %")
        if share > 0.99 or share < 0.01
        else f"{share:.0%}".replace("%", " %")
    )


def decided_by(name: str, judged: str) -> str:
    """Say in a sentence what decided."""
    if (name, judged) == ("model", "review"):
        return "The profile leaves these differences to the model, which is not sure enough to decide alone."
    return _DECIDERS.get(name, "")


def leaning(judged: str, prediction: bool, confidence: float) -> str:
    """Say which way a review leans; other verdicts state their answer and lean nowhere."""
    if judged != "review":
        return ""
    if confidence < UNDECIDED:
        return "with no clear leaning"
    return "leaning to material" if prediction else "leaning to immaterial"


def rows(differences: Sequence[Mapping[str, Any]]) -> tuple[Row, ...]:
    """Return the differences with the words of their effects."""
    return tuple(Row(item, *EFFECTS[item["effect"]]) for item in differences)


def kinds() -> dict[str, str]:
    """Return the kinds a person may choose, with their labels."""
    return dict(_CHOICES)


def parts(left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[PartRow, ...]:
    """Return the parsed structure of both names, part by part; parts that neither has are left out."""
    labels = _INDIVIDUAL if left.get("kind") == "individual" else _ORGANISATION
    read = (PartRow(label, _texts(left.get(key)), _texts(right.get(key))) for key, label in labels.items())
    return tuple(row for row in read if row.left or row.right)


def _texts(part: Any) -> tuple[str, ...]:
    """Write a part, which is a word, words, or entries with details."""
    entries = part if isinstance(part, list) else [part] if part else []
    return tuple(_entry(entry) for entry in entries)


def _entry(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return str(entry)
    if "codes" in entry:
        return _form(entry)
    if "value" in entry:
        return (
            str(entry["text"])
            if entry["text"] == str(entry["value"])
            else f"{entry['text']} = {entry['value']}"
        )
    title = load_categories()[entry["category"]].title if entry.get("category") in load_categories() else ""
    return f"{entry['text']} ({title.lower()})" if title else str(entry["text"])


def _form(form: Mapping[str, Any]) -> str:
    """Write a legal form with its codes: ``GmbH: Gesellschaft mit ... (ELF 2HBR, DE)``."""
    codes = [f"{code['elf']} ({code['jurisdiction']})" for code in form["codes"][:_CODES_SHOWN]]
    more = len(form["codes"]) - len(codes)
    listed = f" · ELF {', '.join(codes)}{f' and {more} more' if more > 0 else ''}" if codes else ""
    named = f": {form['label']}" if _letters(form["label"]) != _letters(form["text"]) else ""
    return f"{form['text']}{named}{listed}"


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def bars(contributions: Mapping[str, float]) -> tuple[Bar, ...]:
    """Return what the model weighed as bars to the left (immaterial) and right (material) of zero."""
    named = {key: value for key, value in contributions.items() if key not in ("baseline", "calibration")}
    ordered = sorted(named.items(), key=lambda item: -abs(item[1]))
    shown = [(_label(key), value) for key, value in ordered[:SHOWN_CONTRIBUTIONS]]
    rest = sum(value for _, value in ordered[SHOWN_CONTRIBUTIONS:])
    if len(ordered) > SHOWN_CONTRIBUTIONS:
        shown.append((f"{len(ordered) - SHOWN_CONTRIBUTIONS} others together", rest))
    fixed = sum(contributions.get(key, 0.0) for key in ("baseline", "calibration"))
    return tuple(_bars([*shown, ("Before looking at this pair", fixed)])) if contributions else ()


def _bars(values: list[tuple[str, float]]) -> Iterator[Bar]:
    longest = max(abs(value) for _, value in values) or 1.0
    for label, value in values:
        width = round(abs(value) / longest * BAR, 1)
        yield Bar(label, value, round(BAR - width if value < 0 else BAR, 1), width)


def _label(feature: str) -> str:
    """Write the name of a feature in words."""
    plain = feature.removeprefix("o_").removeprefix("p_person_").replace("_", " ")
    return plain.capitalize()


def profile_choices() -> list[dict[str, str]]:
    """Return the profiles a person may choose, each with its one-line explanation."""
    return [
        {
            "id": item.id,
            "title": item.title,
            "summary": item.summary,
            "version": item.version,
            "date": item.date,
        }
        for item in offered().values()
    ]


def profile_of(id_: str) -> dict[str, str]:
    """Return a profile as a person chooses it; of one that no longer exists, its id."""
    known = {choice["id"]: choice for choice in profile_choices()}
    return known.get(id_, {"id": id_, "title": id_, "summary": "", "version": "", "date": ""})


def direction(name: str) -> str:
    """Return ``rtl`` when the first letter that has a direction is written right to left, else ``ltr``."""
    kinds_of_letters = (unicodedata.bidirectional(char) for char in name)
    first = next((kind for kind in kinds_of_letters if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


def deceiving(columns: Sequence[Column]) -> tuple[tuple[int, str], ...]:
    """Return the characters that deceive the eye as ``(which name, code point and name)``, each once."""
    found = [
        (number, segment.code)
        for column in columns
        for number, side in ((1, column.left), (2, column.right))
        for segment in side
        if segment.code
    ]
    return tuple(dict.fromkeys(sorted(found, key=lambda entry: entry[0])))
