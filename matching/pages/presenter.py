"""An answer in the words and rows of the page. Pure: takes the answer as the API gives it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from matching.compare.available_profiles import get_available_profiles
from matching.engine.profiles import load_categories
from matching.pages.diff import DiffColumn

MAX_BARS = 8
"""Bars drawn one by one; the rest is one bar."""

MIN_LEANING_CONFIDENCE = 0.55
"""Confidence below which a review is said to lean nowhere."""

BAR_LENGTH = 100.0
"""Length of the longest bar to either side of zero, in units of the drawing."""

VERDICT_TEXTS = {
    "immaterial": ("Immaterial", "✓", "The same name for this purpose."),
    "review": ("A person must look", "?", "The names alone do not settle it."),
    "material": ("Material", "✕", "Another name, or not good enough for this purpose."),
}
EFFECT_TEXTS = {
    "equal": ("≈", "Equal by rule"),
    "model": ("◔", "The model weighs it"),
    "review": ("?", "A person must look"),
    "material": ("✕", "Material"),
}
_KIND_LABELS = {"auto": "Detect", "organisation": "Organisation", "individual": "Individual"}
_DECIDER_SENTENCES = {
    "rule": "A rule decided.",
    "model": "The model decided, because the profile leaves these differences to it.",
    "search logic": "The standard search logic decided.",
    "identifiers": "The identifiers given with the names decided.",
    "two distinctive differences": "Two differences in distinctive words decided.",
    "rule and model disagree": "A rule and the model disagree, so a person must look.",
}
_ORGANISATION_PART_LABELS = {
    "stem": "Name without its form",
    "legal_forms": "Legal form",
    "numerals": "Numbers",
    "geography": "Places",
    "connectors": "Connecting words",
    "roles": "Role words",
    "appended": "Appended parts",
    "scripts": "Writing",
}
_INDIVIDUAL_PART_LABELS = {
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
_MAX_CODES = 3


class VerdictBadge(NamedTuple):
    """A verdict as a person reads it."""

    id: str
    title: str
    symbol: str
    meaning: str


class NamePartRow(NamedTuple):
    """One part of both names as the engine read them."""

    label: str
    left: tuple[str, ...]
    right: tuple[str, ...]


class ContributionBar(NamedTuple):
    """What one feature added, in log-odds; ``start`` and ``width`` place the bar on an axis from 0 to 200."""

    label: str
    value: float
    start: float
    width: float


class DifferenceRow(NamedTuple):
    """One difference of the answer with the symbol and the words of its effect."""

    difference: Mapping[str, Any]
    symbol: str
    effect: str


def get_verdict_badge(name: str) -> VerdictBadge:
    """Return the words for a verdict."""
    return VerdictBadge(name, *VERDICT_TEXTS[name])


def write_reason(judged: VerdictBadge, reason: str) -> str:
    """Return the reason without the words of the verdict, which stand above it."""
    plain = reason.removeprefix(f"{judged.title}: ")
    return plain[:1].upper() + plain[1:] or judged.meaning


def format_percent(share: float) -> str:
    """Write a probability in [0, 1]; a certainty that nobody has is not claimed."""
    if share > 0.999:
        return "over 99.9 %"
    return (
        f"{share:.1%}".replace("%", " %")
        if share > 0.99 or share < 0.01
        else f"{share:.0%}".replace("%", " %")
    )


def describe_decider(name: str, judged: str) -> str:
    """Say in a sentence what decided."""
    if (name, judged) == ("model", "review"):
        return "The profile leaves these differences to the model, which is not sure enough to decide alone."
    return _DECIDER_SENTENCES.get(name, "")


def describe_leaning(judged: str, prediction: bool, confidence: float) -> str:
    """Say which way a review leans; other verdicts state their answer and lean nowhere."""
    if judged != "review":
        return ""
    if confidence < MIN_LEANING_CONFIDENCE:
        return "with no clear leaning"
    return "leaning to material" if prediction else "leaning to immaterial"


def build_difference_rows(differences: Sequence[Mapping[str, Any]]) -> tuple[DifferenceRow, ...]:
    """Return the differences with the words of their effects."""
    return tuple(DifferenceRow(item, *EFFECT_TEXTS[item["effect"]]) for item in differences)


def get_kind_labels() -> dict[str, str]:
    """Return the kinds a person may choose, with their labels."""
    return dict(_KIND_LABELS)


def build_part_rows(left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[NamePartRow, ...]:
    """Return the parsed structure of both names, part by part; parts that neither has are left out."""
    labels = _INDIVIDUAL_PART_LABELS if left.get("kind") == "individual" else _ORGANISATION_PART_LABELS
    read = (
        NamePartRow(label, _format_part(left.get(key)), _format_part(right.get(key)))
        for key, label in labels.items()
    )
    return tuple(row for row in read if row.left or row.right)


def _format_part(part: Any) -> tuple[str, ...]:
    """Write a part, which is a word, words, or entries with details."""
    entries = part if isinstance(part, list) else [part] if part else []
    return tuple(_format_entry(entry) for entry in entries)


def _format_entry(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return str(entry)
    if "codes" in entry:
        return _format_legal_form(entry)
    if "value" in entry:
        return (
            str(entry["text"])
            if entry["text"] == str(entry["value"])
            else f"{entry['text']} = {entry['value']}"
        )
    title = load_categories()[entry["category"]].title if entry.get("category") in load_categories() else ""
    return f"{entry['text']} ({title.lower()})" if title else str(entry["text"])


def _format_legal_form(form: Mapping[str, Any]) -> str:
    """Write a legal form with its codes: ``GmbH: Gesellschaft mit ... (ELF 2HBR, DE)``."""
    codes = [f"{code['elf']} ({code['jurisdiction']})" for code in form["codes"][:_MAX_CODES]]
    more = len(form["codes"]) - len(codes)
    listed = f" · ELF {', '.join(codes)}{f' and {more} more' if more > 0 else ''}" if codes else ""
    named = (
        f": {form['label']}" if _normalise_letters(form["label"]) != _normalise_letters(form["text"]) else ""
    )
    return f"{form['text']}{named}{listed}"


def _normalise_letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def build_bars(contributions: Mapping[str, float]) -> tuple[ContributionBar, ...]:
    """Return what the model weighed as bars to the left (immaterial) and right (material) of zero."""
    named = {key: value for key, value in contributions.items() if key not in ("baseline", "calibration")}
    ordered = sorted(named.items(), key=lambda item: -abs(item[1]))
    shown = [(_format_feature(key), value) for key, value in ordered[:MAX_BARS]]
    rest = sum(value for _, value in ordered[MAX_BARS:])
    if len(ordered) > MAX_BARS:
        shown.append((f"{len(ordered) - MAX_BARS} others together", rest))
    fixed = sum(contributions.get(key, 0.0) for key in ("baseline", "calibration"))
    return tuple(_scale_bars([*shown, ("Before looking at this pair", fixed)])) if contributions else ()


def _scale_bars(values: list[tuple[str, float]]) -> Iterator[ContributionBar]:
    longest = max(abs(value) for _, value in values) or 1.0
    for label, value in values:
        width = round(abs(value) / longest * BAR_LENGTH, 1)
        yield ContributionBar(label, value, round(BAR_LENGTH - width if value < 0 else BAR_LENGTH, 1), width)


def _format_feature(feature: str) -> str:
    """Write the name of a feature in words."""
    plain = feature.removeprefix("o_").removeprefix("p_person_").replace("_", " ")
    return plain.capitalize()


def list_profile_choices() -> list[dict[str, str]]:
    """Return the profiles a person may choose, each with its one-line explanation."""
    return [
        {
            "id": item.id,
            "title": item.title,
            "summary": item.summary,
            "version": item.version,
            "date": item.date,
        }
        for item in get_available_profiles().values()
    ]


def get_profile_choice(id_: str) -> dict[str, str]:
    """Return a profile as a person chooses it; of one that no longer exists, its id."""
    known = {choice["id"]: choice for choice in list_profile_choices()}
    return known.get(id_, {"id": id_, "title": id_, "summary": "", "version": "", "date": ""})


def get_text_direction(name: str) -> str:
    """Return ``rtl`` when the first letter that has a direction is written right to left, else ``ltr``."""
    kinds_of_letters = (unicodedata.bidirectional(char) for char in name)
    first = next((kind for kind in kinds_of_letters if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


def find_deceptive_characters(columns: Sequence[DiffColumn]) -> tuple[tuple[int, str], ...]:
    """Return the characters that deceive the eye as ``(which name, code point and name)``, each once."""
    found = [
        (number, segment.code)
        for column in columns
        for number, side in ((1, column.left), (2, column.right))
        for segment in side
        if segment.code
    ]
    return tuple(dict.fromkeys(sorted(found, key=lambda entry: entry[0])))
