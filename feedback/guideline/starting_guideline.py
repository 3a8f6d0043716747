"""The starting guideline and its page in the docs, both built from one data file and the rule data."""

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
    """Return all clauses of the starting guideline in order: chapters of the file, profiles, categories."""
    file_chapters = _read_data()["chapters"]
    chapters = [
        (chapter["title"], list(_build_file_clauses(chapter["clauses"]))) for chapter in file_chapters
    ]
    chapters.append(("Profiles", [_build_profile_clause(profile) for profile in load_profiles().values()]))
    for subject, title in _SUBJECT_TITLES.items():
        categories = [
            category for category in load_categories().values() if category.subject in (subject, "both")
        ]
        chapters.append((title, [_build_category_clause(category) for category in categories]))
    return tuple(_number_clauses(chapters))


def read_version() -> str:
    """Return the version of the starting guideline."""
    return str(_read_data()["version"])


@transaction.atomic
def publish_starting_guideline() -> Guideline | None:
    """Publish the starting guideline and return it; return ``None`` if any guideline exists."""
    if Guideline.objects.exists():
        return None
    draft = Guideline.objects.create(version=read_version(), summary=_read_data()["summary"])
    Clause.objects.bulk_create(
        Clause(
            guideline=draft,
            chapter=rule.chapter,
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
    """Return the text of docs/guideline.md."""
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
    for chapter_number, (title, clauses) in enumerate(chapters, 1):
        for position, rule in enumerate(clauses, 1):
            yield rule._replace(chapter=title, number=f"{chapter_number}.{position}")


def _build_profile_clause(profile: Profile) -> StartingClause:
    sources = "; ".join(profile.sources)
    return StartingClause("", "", f"{profile.title} ({profile.id})", f"{profile.summary} Sources: {sources}.")


def _build_category_clause(category: Category) -> StartingClause:
    name_a, name_b = category.example
    missing_fact = f" What would settle it: {category.missing}." if category.missing else ""
    text = (
        f"{category.explanation} For example “{name_a}” / “{name_b}”. "
        f"{_describe_effects(category.id)}{missing_fact} Authority: {category.authority}."
    )
    return StartingClause(
        "", "", f"{category.title} ({category.id})"[:_MAX_TITLE_LENGTH], text, (category.id,)
    )


def _describe_effects(category: str) -> str:
    """Return one sentence for each effect of the category, with the profiles that have it."""
    by_effect: dict[Effect, list[str]] = defaultdict(list)
    for profile in load_profiles().values():
        by_effect[profile.effects[category]].append(profile.id)
    return " ".join(
        f"{_EFFECT_PHRASES[effect]} {', '.join(by_effect[effect])}." for effect in Effect if by_effect[effect]
    )
