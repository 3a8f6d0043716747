"""``manage.py compare "Acme, Inc." "ACME Incorporated"``: explain the comparison of one pair."""

from __future__ import annotations

import json
import textwrap
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.color import Style, no_style

from matching.engine import (
    DISCLAIMER,
    EXECUTION,
    Comparison,
    Context,
    Difference,
    Effect,
    EngineError,
    Kind,
    Verdict,
    compare,
    compare_profiles,
)
from matching.engine.profiles import ALL_PROFILE_IDS, get_profile

LINE_WIDTH = 96
EFFECT_MARKS = {
    Effect.EQUAL: ("=", "equal by rule"),
    Effect.MODEL: ("~", "weighed by the model"),
    Effect.REVIEW: ("?", "a person must look"),
    Effect.MATERIAL: ("!", "material"),
}
_EFFECT_STYLES = {
    Effect.EQUAL: "SUCCESS",
    Effect.MODEL: "NOTICE",
    Effect.REVIEW: "WARNING",
    Effect.MATERIAL: "ERROR",
}
_VERDICT_STYLES = {Verdict.IMMATERIAL: "SUCCESS", Verdict.REVIEW: "WARNING", Verdict.MATERIAL: "ERROR"}
_ISOLATE, _POP = "\u2068", "\u2069"


class Command(BaseCommand):
    """Compare two names and print both aligned, every difference with its rule, and the verdict."""

    help = "Compare two legal names and explain every difference. Needs no server."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add both names, the profile and the options."""
        parser.add_argument("left", help="one name")
        parser.add_argument("right", help="the other name")
        parser.add_argument("--profile", default="general", help=f"one of {', '.join(ALL_PROFILE_IDS)}")
        parser.add_argument("--kind", default="auto", choices=["auto", *Kind])
        parser.add_argument(
            "--jurisdiction", metavar="CODE", help="ISO 3166 code of both names, such as DE or US-TX"
        )
        parser.add_argument("--json", action="store_true", help="print the whole answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare. Raises ``CommandError`` for names that cannot be compared."""
        place = options["jurisdiction"]
        context = Context(jurisdiction_left=place, jurisdiction_right=place)
        names = (options["left"], options["right"])
        try:
            chosen = get_profile(options["profile"])
            others = compare_profiles(*names, options["kind"], context)
        except EngineError as error:
            raise CommandError(str(error)) from error
        comparison = others.pop(chosen.id, None) or compare(*names, chosen.id, options["kind"], context)
        if options["json"]:
            body = {
                **comparison.to_dict(),
                "other_profiles": {id_: one.verdict.value for id_, one in others.items()},
            }
            self.stdout.write(json.dumps({**body, "disclaimer": DISCLAIMER}, ensure_ascii=False, indent=2))
            return
        style = self.style if self.stdout.isatty() or options["force_color"] else no_style()
        for line in format_comparison(comparison, list(others.values()), names, style):
            self.stdout.write(line)


def format_comparison(
    comparison: Comparison, others: list[Comparison], names: tuple[str, str], style: Style
) -> Iterator[str]:
    """Yield the lines of the output."""
    yield from _format_names(comparison, names, style)
    yield ""
    for item in comparison.differences:
        yield from _format_difference(item, style)
    word = getattr(style, _VERDICT_STYLES[comparison.verdict])(comparison.verdict.value.upper())
    yield f"{word}  {comparison.kind.value}, {_format_certainty(comparison)}, profile {comparison.profile.id}"
    yield from _wrap_text(comparison.reason)
    if comparison.missing_fact:
        yield from _wrap_text(f"What would settle it: {comparison.missing_fact}.")
    for note in comparison.notes:
        yield from _wrap_text(f"Note: {note}")
    yield ""
    yield "Under the other profiles: " + ", ".join(
        f"{other.profile.id} {getattr(style, _VERDICT_STYLES[other.verdict])(other.verdict.value)}"
        for other in others
    )
    rules = f"Rules {comparison.profile.id} {comparison.profile.version} of {comparison.profile.date}"
    yield f"{rules}; model {comparison.model} {comparison.model_version}; engine {EXECUTION}."
    yield DISCLAIMER


def _format_certainty(comparison: Comparison) -> str:
    """Return the confidence of a verdict, or the leaning of a review."""
    if comparison.confidence is not None:
        return f"{comparison.confidence:.1%} confident"
    return f"leaning to {comparison.leaning}, {comparison.leaning_probability:.1%}"


def _format_names(comparison: Comparison, names: tuple[str, str], style: Style) -> Iterator[str]:
    """Yield both names, each above a line that marks its differences."""
    for side, name in enumerate(names):
        yield f"  {_isolate_direction(name)}"
        marks = _build_mark_line(comparison, side, name)
        if marks.strip():
            yield f"  {_colour_marks(marks, style)}"


def _build_mark_line(comparison: Comparison, side: int, name: str) -> str:
    """Return a mark for every character of a difference, the most serious one where several overlap."""
    line = [" "] * len(name)
    for effect in EFFECT_MARKS:
        for item in comparison.differences:
            span = (item.span1, item.span2)[side]
            if item.effect is effect and span:
                line[span[0] : span[1]] = EFFECT_MARKS[effect][0] * (span[1] - span[0])
    return "".join(line).rstrip()


def _colour_marks(marks: str, style: Style) -> str:
    paint = {mark: getattr(style, _EFFECT_STYLES[effect]) for effect, (mark, _) in EFFECT_MARKS.items()}
    return "".join(paint[mark](mark) if mark in paint else mark for mark in marks)


def _format_difference(item: Difference, style: Style) -> Iterator[str]:
    mark, meaning = EFFECT_MARKS[item.effect]
    texts = " → ".join(
        f"“{_isolate_direction(text)}”" if text else "nothing" for text in (item.text1, item.text2)
    )
    sign = getattr(style, _EFFECT_STYLES[item.effect])(mark)
    yield f"{sign} {item.category} {item.title}: {texts} ({meaning})"
    yield from _wrap_text(item.explanation)
    yield from _wrap_text(f"Rule {item.rule}; {item.authority}.")
    yield ""


def _isolate_direction(text: str) -> str:
    """Isolate a right-to-left name from the direction of the line around it."""
    turned = any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)
    return f"{_ISOLATE}{text}{_POP}" if turned else text


def _wrap_text(sentence: str) -> list[str]:
    return textwrap.wrap(sentence, LINE_WIDTH, initial_indent="    ", subsequent_indent="    ")
