"""Profiles, the legal regimes under which names are compared, and the categories that they judge."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from matching.engine.authorities import cite, cite_all, cite_law_of_profile
from matching.engine.categories import CategoryCase, Effect, ProfileLogic
from matching.engine.text.lexicon import DATA_DIRECTORY, load_yaml
from matching.engine.types import UnknownProfileError

PROFILE_IDS = ("general", "ucc", "strict", "kyc", "sanctions", "contract", "lc")
REGISTRY_PROFILE_IDS = ("registry-au", "registry-gb", "registry-in", "registry-us-fl")
"""Availability tests of company registers. They do not concern identity, so they apply only when requested
by id and are in no overview.
"""
ALL_PROFILE_IDS = (*PROFILE_IDS, *REGISTRY_PROFILE_IDS)


@dataclass(frozen=True, slots=True)
class Category:
    """One of the 67 categories of difference, with its explanation and the fact that would settle it."""

    id: str
    title: str
    subject: str
    explanation: str
    missing: str | None
    authorities: tuple[str, ...]
    example: tuple[str, str]

    @property
    def authority(self) -> str:
        """The citations of the texts that the category rests on, whatever the profile."""
        return cite_all(self.authorities)


class CaseText(NamedTuple):
    """The title and the sentence of a case of a category; without a title it has that of the category."""

    title: str | None
    explanation: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A legal regime as data: the effect of each category, since when, on whose authority.

    ``doubts_add_up`` tells that two differences in distinctive words which are each a review are material
    together; a list check, where nobody may be missed, leaves them to a reviewer. ``identifiers_settle``
    tells that the profile asks who is meant, so that hard identifiers of both sides settle a review;
    ``cases`` holds the effects of cases judged separately, by ``category/case``. ``authorities`` are
    references to the law of the profile, ``law`` is its sentence in a reason; ``missing`` names the facts
    that settle a review under this regime, by kind of name or category.
    """

    id: str
    version: str
    date: str
    title: str
    summary: str
    logic: ProfileLogic
    doubts_add_up: bool
    identifiers_settle: bool
    authorities: tuple[str, ...]
    remarks: tuple[str, ...]
    law: str | None
    missing: dict[str, str]
    effects: dict[str, Effect]
    cases: dict[str, Effect]

    @property
    def sources(self) -> tuple[str, ...]:
        """The citations of the profile's law, and what more is to be known of it."""
        return (*map(cite, self.authorities), *self.remarks)

    def get_effect(self, category: str, detail: str = "") -> Effect:
        """Return the effect of a category, or of that case of it where the profile judges it separately.

        Names that were not compared in full are for review under every profile.
        """
        effect = self.effects[category]
        if not detail:
            return effect
        if detail == CategoryCase.TOO_COMPLEX:
            return Effect.REVIEW
        return self.cases.get(f"{category}/{detail}", effect) if self.cases else effect

    def cite_law(self, category: Category) -> str:
        """Return the citations for a difference: this profile's law, else its first text, and standards."""
        return cite_law_of_profile(category.authorities, self.id, self.authorities[:1] if self.law else ())

    def get_missing_fact(self, category: Category) -> str | None:
        """Return the fact that settles a review of a difference under this profile."""
        return self.missing.get(category.id) or self.missing.get(category.subject) or category.missing

    def to_dict(self) -> dict[str, str]:
        """Return the id, version, date and title."""
        return {"id": self.id, "version": self.version, "date": self.date, "title": self.title}


@cache
def load_case_explanations() -> dict[str, CaseText]:
    """Return the texts of cases that are not what their category usually is, by ``O18/words``."""
    rows = load_yaml("case_explanations.yaml")
    return {case: CaseText(row.get("title"), row["explanation"]) for case, row in rows.items()}


@cache
def load_categories() -> dict[str, Category]:
    """Return all categories by id, in the order of the taxonomy."""
    rows = load_yaml("categories.yaml")["categories"]
    return {id_: _build_category(id_, row) for id_, row in rows.items()}


def _build_category(id_: str, row: dict[str, Any]) -> Category:
    return Category(
        id_, **{**row, "authorities": tuple(row["authorities"]), "example": tuple(row["example"])}
    )


@cache
def load_profiles() -> dict[str, Profile]:
    """Return the profiles by id, without those of registers."""
    return {id_: _load_profile(id_) for id_ in PROFILE_IDS}


@cache
def load_registry_profiles() -> dict[str, Profile]:
    """Return the availability tests of registers, by id."""
    return {id_: _load_profile(id_) for id_ in REGISTRY_PROFILE_IDS}


def get_profile(id_: str) -> Profile:
    """Return the profile of that id, also a register's. Raises :class:`UnknownProfileError`."""
    found = load_profiles().get(id_) or load_registry_profiles().get(id_)
    if found is None:
        raise UnknownProfileError(
            f"No profile is called {id_[:40]!r}; choose one of {', '.join(ALL_PROFILE_IDS)}."
        )
    return found


def _load_profile(id_: str) -> Profile:
    row = load_yaml(f"profiles/{id_}.yaml")
    effects = {category: Effect(effect) for category, effect in row.pop("effects").items()}
    cases = {case: Effect(effect) for case, effect in row.pop("cases").items()}
    return Profile(
        **{
            **row,
            "logic": ProfileLogic(row["logic"]),
            "authorities": tuple(row["authorities"]),
            "remarks": tuple(row["remarks"]),
            "effects": effects,
            "cases": cases,
        }
    )


@cache
def compute_rules_version() -> str:
    """Return the version of the rules: a prefix and a digest of all data files the rules are read from."""
    digest = hashlib.sha256()
    for path in sorted(
        path for path in DATA_DIRECTORY.rglob("*") if path.suffix in (".yaml", ".tsv", ".txt")
    ):
        digest.update(path.read_bytes())
    return f"2026.2+{digest.hexdigest()[:12]}"
