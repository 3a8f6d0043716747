"""Texts and rows of the prediction page. Pure: the input is the prediction as the API returns it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.utils.formats import get_format
from django.utils.translation import gettext, gettext_noop

from accounts.dates import format_day
from matching.compare.available_profiles import get_available_profiles
from matching.compare.language import is_english, show_text
from matching.engine.profiles import load_categories
from matching.engine.types import DecisionSource, Effect, Kind, Verdict
from matching.pages.diff import DiffColumn

_ISOLATE, _POP = "\u2068", "\u2069"
"""Around a text of another direction, so that it turns nothing beside it."""

MAX_BARS = 8
"""Number of contributions with a bar each; all others share one bar."""

MIN_LEANING_PROBABILITY = 0.55
"""Probability below which the page states no leaning of a review, in [0.5, 1]."""

BAR_LENGTH = 100.0
"""Length of the longest bar on either side of zero, in units of the SVG view box."""

VERDICT_TEXTS: Mapping[str, tuple[str, str, str]] = {
    Verdict.IMMATERIAL: (gettext_noop("Immaterial"), "✓", gettext_noop("The same name for this purpose.")),
    Verdict.REVIEW: (
        gettext_noop("A person must look"),
        "?",
        gettext_noop("The names alone do not settle it."),
    ),
    Verdict.MATERIAL: (
        gettext_noop("Material"),
        "✕",
        gettext_noop("Another name, or not good enough for this purpose."),
    ),
}
EFFECT_TEXTS: Mapping[str, tuple[str, str]] = {
    Effect.EQUAL: ("≈", gettext_noop("Equal by rule")),
    Effect.MODEL: ("◔", gettext_noop("Left to the model")),
    Effect.REVIEW: ("?", gettext_noop("A person must look")),
    Effect.MATERIAL: ("✕", gettext_noop("Material")),
}
_KIND_LABELS: Mapping[str, str] = {
    "auto": gettext_noop("Detect"),
    Kind.ORGANISATION: gettext_noop("Organisation"),
    Kind.INDIVIDUAL: gettext_noop("Individual"),
}
_DECIDER_SENTENCES: Mapping[str, str] = {
    DecisionSource.RULE: gettext_noop("A rule decided."),
    DecisionSource.MODEL: gettext_noop(
        "The model decided, because the profile leaves these differences to it."
    ),
    DecisionSource.SEARCH_LOGIC: gettext_noop("The standard search logic decided."),
    DecisionSource.IDENTIFIERS: gettext_noop("The identifiers given with the names decided."),
    DecisionSource.TWO_DISTINCTIVE_DIFFERENCES: gettext_noop("Two differences in distinctive words decided."),
    DecisionSource.RULE_AND_MODEL_DISAGREE: gettext_noop(
        "A rule and the model disagree, so a person must look."
    ),
    DecisionSource.KIND_IN_DOUBT: gettext_noop(
        "The names may be people's or organisations', so a person must look."
    ),
    DecisionSource.COMPLEXITY: gettext_noop(
        "The names are too complex to compare automatically, so a person must look."
    ),
}
_ORGANISATION_PART_LABELS = {
    "stem": gettext_noop("Name without its form"),
    "legal_forms": gettext_noop("Legal form"),
    "numerals": gettext_noop("Numbers"),
    "geography": gettext_noop("Places"),
    "connectors": gettext_noop("Connecting words"),
    "roles": gettext_noop("Role words"),
    "appended": gettext_noop("Appended parts"),
    "scripts": gettext_noop("Writing"),
}
_INDIVIDUAL_PART_LABELS = {
    "surname": gettext_noop("Surname"),
    "given": gettext_noop("Given name"),
    "middle": gettext_noop("Middle name"),
    "patronymic": gettext_noop("Patronymic"),
    "particles": gettext_noop("Particles"),
    "suffix": gettext_noop("Suffix"),
    "titles": gettext_noop("Titles"),
    "postnominals": gettext_noop("Letters after the name"),
    "nicknames": gettext_noop("Nicknames"),
    "alias": gettext_noop("Alias"),
    "capacity": gettext_noop("Capacity"),
    "scripts": gettext_noop("Writing"),
}
_MAX_CODES = 3


class VerdictBadge(NamedTuple):
    """The texts and the symbol of a verdict."""

    id: str
    title: str
    symbol: str
    meaning: str


class NamePartRow(NamedTuple):
    """One part of both names as the engine parsed them."""

    label: str
    left: tuple[str, ...]
    right: tuple[str, ...]


class ContributionBar(NamedTuple):
    """Contribution of one feature, in log-odds; ``start`` and ``width`` lie on an axis from 0 to 200."""

    label: str
    value: float
    start: float
    width: float


class DifferenceRow(NamedTuple):
    """One difference with the symbol and the text of its effect."""

    difference: Mapping[str, Any]
    symbol: str
    effect: str


def get_verdict_badge(name: str) -> VerdictBadge:
    """Return the texts of a verdict; ``name`` is its value."""
    title, symbol, meaning = VERDICT_TEXTS[name]
    return VerdictBadge(name, gettext(title), symbol, gettext(meaning))


def write_reason(badge: VerdictBadge, reason: str) -> str:
    """Return the reason without the title of the verdict, which the page shows above it."""
    plain = reason.removeprefix(f"{badge.title}: ")
    return plain[:1].upper() + plain[1:] or badge.meaning


def format_percent(share: float) -> str:
    """Format a probability in [0, 1]; above 99.9 % the page claims no more than that."""
    if share > 0.999:
        return gettext("over 99.9 %")
    figure = f"{share * 100:.1f}" if share > 0.99 or share < 0.01 else f"{share * 100:.0f}"
    return f"{_write_point(figure)} %"


def _write_point(figure: str) -> str:
    """Return a figure with the decimal sign of the language."""
    return figure.replace(".", get_format("DECIMAL_SEPARATOR"))


def describe_decider(name: str, verdict: str) -> str:
    """Return a sentence on what decided the verdict."""
    if (name, verdict) == (DecisionSource.MODEL, Verdict.REVIEW):
        return gettext(
            "The profile leaves these differences to the model, which is not sure enough to decide alone."
        )
    sentence = _DECIDER_SENTENCES.get(name)
    return gettext(sentence) if sentence else ""


def describe_certainty(answer: Mapping[str, Any]) -> str:
    """Return how sure an answer is: its confidence, or the leaning of a review with its probability."""
    if answer["confidence"] is not None:
        return gettext("{percent} confidence").format(percent=format_percent(answer["confidence"]))
    leaning, probability = answer["leaning"], answer["leaning_probability"]
    if probability < MIN_LEANING_PROBABILITY:
        return describe_leaning(leaning, probability)
    return gettext("{leaning}, probability {percent}").format(
        leaning=describe_leaning(leaning, probability), percent=format_percent(probability)
    )


def explain_certainty(answer: Mapping[str, Any]) -> str:
    """Return what the figure of :func:`describe_certainty` means; empty where a review has no leaning."""
    if answer["confidence"] is not None:
        return gettext("the probability that this verdict is right")
    return (
        gettext("the likelier answer; ") if answer["leaning_probability"] >= MIN_LEANING_PROBABILITY else ""
    )


def describe_leaning(leaning: str | None, probability: float | None) -> str:
    """Return the leaning of a review; an empty string for a verdict that decides."""
    if leaning is None or probability is None:
        return ""
    if probability < MIN_LEANING_PROBABILITY:
        return gettext("no clear leaning")
    is_material = leaning == Verdict.MATERIAL
    return gettext("leaning to material") if is_material else gettext("leaning to immaterial")


def build_difference_rows(differences: Sequence[Mapping[str, Any]]) -> tuple[DifferenceRow, ...]:
    """Return the differences with the texts of their effects."""
    return tuple(
        DifferenceRow(item, EFFECT_TEXTS[item["effect"]][0], describe_effect(item["effect"]))
        for item in differences
    )


def describe_effect(effect: str) -> str:
    """Return what an effect is called."""
    return gettext(EFFECT_TEXTS[effect][1])


def get_kind_labels() -> dict[str, str]:
    """Return the selectable kinds of name with their labels."""
    return {kind: gettext(label) for kind, label in _KIND_LABELS.items()}


def build_part_rows(left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[NamePartRow, ...]:
    """Return the parsed structure of both names, part by part; parts that neither has are left out."""
    labels = _INDIVIDUAL_PART_LABELS if left.get("kind") == Kind.INDIVIDUAL else _ORGANISATION_PART_LABELS
    read = (
        NamePartRow(gettext(label), _format_part(left.get(key)), _format_part(right.get(key)))
        for key, label in labels.items()
    )
    return tuple(row for row in read if row.left or row.right)


def _format_part(part: Any) -> tuple[str, ...]:
    """Format a part, which is one word, a list of words or a list of entries with details."""
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
    title = show_text(title) if not is_english() else title.lower()
    return f"{entry['text']} ({title})" if title else str(entry["text"])


def _format_legal_form(form: Mapping[str, Any]) -> str:
    """Format a legal form with its codes: ``GmbH: Gesellschaft mit ... (ELF 2HBR, DE)``."""
    codes = [f"{code['elf']} ({code['jurisdiction']})" for code in form["codes"][:_MAX_CODES]]
    more = len(form["codes"]) - len(codes)
    listed = f" · ELF {', '.join(codes)}{_count_more(more)}" if codes else ""
    named = (
        f": {form['label']}" if _normalise_letters(form["label"]) != _normalise_letters(form["text"]) else ""
    )
    is_rtl = get_text_direction(form["text"]) == "rtl"
    text = f"{_ISOLATE}{form['text']}{_POP}" if is_rtl else form["text"]
    return f"{text}{named}{listed}"


def _count_more(more: int) -> str:
    return " " + gettext("and {number} more").format(number=more) if more > 0 else ""


def _normalise_letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def build_bars(contributions: Mapping[str, float]) -> tuple[ContributionBar, ...]:
    """Return the contributions as bars, to the left (immaterial) and right (material) of zero."""
    named = {key: value for key, value in contributions.items() if key not in ("baseline", "calibration")}
    ordered = sorted(named.items(), key=lambda item: -abs(item[1]))
    shown = [(_format_feature(key), value) for key, value in ordered[:MAX_BARS]]
    rest = sum(value for _, value in ordered[MAX_BARS:])
    if len(ordered) > MAX_BARS:
        others = gettext("{number} others together").format(number=len(ordered) - MAX_BARS)
        shown.append((others, rest))
    fixed = sum(contributions.get(key, 0.0) for key in ("baseline", "calibration"))
    return tuple(_scale_bars([*shown, (gettext("Baseline"), fixed)])) if contributions else ()


def _scale_bars(values: list[tuple[str, float]]) -> Iterator[ContributionBar]:
    longest = max(abs(value) for _, value in values) or 1.0
    for label, value in values:
        width = round(abs(value) / longest * BAR_LENGTH, 1)
        yield ContributionBar(label, value, round(BAR_LENGTH - width if value < 0 else BAR_LENGTH, 1), width)


def _format_feature(feature: str) -> str:
    """Return the label of a feature: ``p_person_weakest`` is Weakest."""
    plain = feature.removeprefix("o_").removeprefix("p_person_").replace("_", " ")
    return plain.capitalize()


def list_profile_choices() -> list[dict[str, str]]:
    """Return the available profiles, each with its one-line summary."""
    return [
        {
            "id": item.id,
            "title": show_text(item.title),
            "summary": show_text(item.summary),
            "version": item.version,
            "date": format_day(date.fromisoformat(item.date)),
        }
        for item in get_available_profiles().values()
    ]


def get_profile_choice(id_: str) -> dict[str, str]:
    """Return the choice of a profile; of one that no longer exists, its id as the title."""
    choices = {choice["id"]: choice for choice in list_profile_choices()}
    return choices.get(id_, {"id": id_, "title": id_, "summary": "", "version": "", "date": ""})


def get_text_direction(name: str) -> str:
    """Return ``rtl`` when the first letter that has a direction is written right to left, else ``ltr``."""
    kinds_of_letters = (unicodedata.bidirectional(char) for char in name)
    first = next((kind for kind in kinds_of_letters if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


def find_deceptive_characters(columns: Sequence[DiffColumn]) -> tuple[tuple[int, str], ...]:
    """Return deceptive characters as ``(1 or 2, code point and Unicode name)``, each once per name."""
    characters = [
        (number, segment.code)
        for column in columns
        for number, side in ((1, column.left), (2, column.right))
        for segment in side
        if segment.code
    ]
    return tuple(dict.fromkeys(sorted(characters, key=lambda entry: entry[0])))
