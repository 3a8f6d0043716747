"""Profiles: the legal regimes under which a pair of names is read, and the categories they judge."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from matching.engine.text.lexicon import DATA_DIRECTORY, load_yaml
from matching.engine.types import Effect, UnknownProfileError

PROFILE_IDS = ("general", "ucc", "strict", "kyc", "sanctions", "contract", "lc")
REGISTRY_PROFILE_IDS = ("registry-au", "registry-gb", "registry-in", "registry-us-fl")
"""Availability tests of company registers. They say nothing of identity, so they are answered only when asked
for by name and stand in no overview.
"""
ALL_PROFILE_IDS = (*PROFILE_IDS, *REGISTRY_PROFILE_IDS)


@dataclass(frozen=True, slots=True)
class Category:
    """One of the 67 kinds of difference, with its public explanation and the fact that would settle it."""

    id: str
    title: str
    subject: str
    explanation: str
    missing: str | None
    authority: str
    example: tuple[str, str]


class ProfileLogic(StrEnum):
    """How a profile reaches a verdict."""

    CATEGORIES = "categories"
    """By the effect of each category of difference."""
    SEARCH = "search"
    """By the standard search logic of a filing office."""
    AVAILABILITY = "availability"
    """By the effect of each category, as a register's test of whether a name is free."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A legal regime as data: the effect of each category, since when, on whose authority.

    ``identifiers_settle`` tells that the profile asks who is meant, so that hard identifiers of both sides
    settle a review; ``cases`` holds the effects of cases judged separately, by ``category/case``.
    """

    id: str
    version: str
    date: str
    title: str
    summary: str
    logic: ProfileLogic
    identifiers_settle: bool
    sources: tuple[str, ...]
    effects: dict[str, Effect]
    cases: dict[str, Effect]

    def get_effect(self, category: str, detail: str = "") -> Effect:
        """What a category does, or the named case of it where the profile judges that by itself."""
        effect = self.effects[category]
        return self.cases.get(f"{category}/{detail}", effect) if detail and self.cases else effect

    def to_dict(self) -> dict[str, str]:
        """Identity of the profile, for answers."""
        return {"id": self.id, "version": self.version, "date": self.date, "title": self.title}


@cache
def load_categories() -> dict[str, Category]:
    """All categories by id, in the taxonomy's order."""
    rows = load_yaml("categories.yaml")["categories"]
    return {id_: Category(id_, **{**row, "example": tuple(row["example"])}) for id_, row in rows.items()}


@cache
def load_profiles() -> dict[str, Profile]:
    """The profiles by id, without those of registers."""
    return {id_: _load_profile(id_) for id_ in PROFILE_IDS}


@cache
def load_registry_profiles() -> dict[str, Profile]:
    """The availability tests of registers, by id."""
    return {id_: _load_profile(id_) for id_ in REGISTRY_PROFILE_IDS}


def get_profile(id_: str) -> Profile:
    """The profile of that id, a register's too; raises :class:`UnknownProfileError` with the known ones."""
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
            "sources": tuple(row["sources"]),
            "effects": effects,
            "cases": cases,
        }
    )


@cache
def compute_rules_version() -> str:
    """Digest of all the data rules are read from: two engines of one version give the same rules' answers."""
    digest = hashlib.sha256()
    for path in sorted(path for path in DATA_DIRECTORY.rglob("*") if path.suffix in (".yaml", ".tsv")):
        digest.update(path.read_bytes())
    return f"2026.2+{digest.hexdigest()[:12]}"
