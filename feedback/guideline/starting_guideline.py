"""The guideline an installation starts with, and its page in the docs: one data file and the rule data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from django.db import transaction

from feedback.guideline.service import publish_guideline
from feedback.models import Clause, Guideline
from matching.engine import Category, Effect, Profile, load_categories, load_profiles

_FILE = Path(__file__).with_name("guideline.yaml")
_EFFECT_PHRASES = {
    Effect.EQUAL: "Immaterial under",
    Effect.MODEL: "To be weighed with the rest of the name under",
    Effect.REVIEW: "To be settled by a fact under",
    Effect.MATERIAL: "Material under",
}
_SUBJECT_TITLES = {"organisation": "Organisations", "individual": "Individuals"}
_MAX_TITLE_LENGTH = 120


class StartingClause(NamedTuple):
    """A clause before it is stored."""

    chapter: str
    number: str
    title: str
    text: str
    categories: tuple[str, ...] = ()


@cache
def build_clauses() -> tuple[StartingClause, ...]:
    """Every clause of the starting guideline in order: chapters of the file, profiles, categories."""
    written = _read_data()["chapters"]
    chapters = [(chapter["title"], list(_build_file_clauses(chapter["clauses"]))) for chapter in written]
    chapters.append(("Profiles", [_build_profile_clause(regime) for regime in load_profiles().values()]))
    for subject, title in _SUBJECT_TITLES.items():
        known = [one for one in load_categories().values() if one.subject in (subject, "both")]
        chapters.append((title, [_build_category_clause(one) for one in known]))
    return tuple(_number_clauses(chapters))


def read_version() -> str:
    """Return the version of the starting guideline."""
    return str(_read_data()["version"])


@transaction.atomic
def publish_starting_guideline() -> Guideline | None:
    """Publish the starting guideline where there is none yet; return it, or ``None`` if there is one."""
    if Guideline.objects.exists():
        return None
    draft = Guideline.objects.create(version=read_version(), summary=_read_data()["summary"])
    Clause.objects.bulk_create(
        Clause(
            guideline=draft,
            number=rule.number,
            title=rule.title,
            text=rule.text,
            categories=list(rule.categories),
            position=position,
        )
        for position, rule in enumerate(build_clauses())
    )
    return publish_guideline(draft, None)


def render_markdown() -> str:
    """Return docs/guideline.md."""
    lines = [
        f"# Guideline for reviewers, version {read_version()}",
        "",
        "Written by `manage.py guideline` from the rule data; do not edit. Leads write the next version in",
        "the admin; decisions keep the version they were made under. Not legal advice.",
    ]
    chapter = ""
    for rule in build_clauses():
        if rule.chapter != chapter:
            chapter = rule.chapter
            lines += ["", f"## {rule.number.partition('.')[0]} {chapter}"]
        lines += ["", f"**{rule.number} {rule.title}.** {rule.text}"]
    return "\n".join(lines) + "\n"


@cache
def _read_data() -> Any:
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))


def _build_file_clauses(clauses: list[dict[str, str]]) -> Iterator[StartingClause]:
    for clause in clauses:
        yield StartingClause("", "", clause["title"], clause["text"])


def _number_clauses(chapters: list[tuple[str, list[StartingClause]]]) -> Iterator[StartingClause]:
    for chapter, (title, found) in enumerate(chapters, 1):
        for place, rule in enumerate(found, 1):
            yield rule._replace(chapter=title, number=f"{chapter}.{place}")


def _build_profile_clause(regime: Profile) -> StartingClause:
    sources = "; ".join(regime.sources)
    return StartingClause("", "", f"{regime.title} ({regime.id})", f"{regime.summary} Sources: {sources}.")


def _build_category_clause(category: Category) -> StartingClause:
    one, other = category.example
    settles = f" What would settle it: {category.missing}." if category.missing else ""
    text = (
        f"{category.explanation} For example “{one}” / “{other}”. {_describe_effects(category.id)}{settles} "
        f"Authority: {category.authority}."
    )
    return StartingClause(
        "", "", f"{category.title} ({category.id})"[:_MAX_TITLE_LENGTH], text, (category.id,)
    )


def _describe_effects(category: str) -> str:
    """Say what a category does under each profile, those that agree together."""
    by_effect: dict[Effect, list[str]] = defaultdict(list)
    for regime in load_profiles().values():
        by_effect[regime.effects[category]].append(regime.id)
    return " ".join(
        f"{_EFFECT_PHRASES[effect]} {', '.join(by_effect[effect])}." for effect in Effect if by_effect[effect]
    )
