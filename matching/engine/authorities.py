"""The texts that the rules rest on: statutes, model rules, standards and cases, with their citations.

A rule refers to a text by its id, with a pinpoint behind it where the text has parts: ``ucc-9-506 (c)``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from matching.engine.text.lexicon import load_yaml

NO_AUTHORITY = "Practice; no text cited"
ANY_PROFILE = "all"


@dataclass(frozen=True, slots=True)
class Authority:
    """One text; ``year`` and ``link`` are ``None`` where they are not certain.

    ``citation`` is the short form for answers, ``title`` the full one; ``profiles`` are the regimes whose law
    it is, or :data:`ANY_PROFILE` for a standard that belongs to no regime alone.
    """

    id: str
    citation: str
    title: str
    year: int | None
    link: str | None
    profiles: tuple[str, ...]


@cache
def load_authorities() -> dict[str, Authority]:
    """Return all texts by id."""
    rows = load_yaml("authorities.yaml")
    return {id_: Authority(id_, **{**row, "profiles": tuple(row["profiles"])}) for id_, row in rows.items()}


def get_authority(reference: str) -> Authority:
    """Return the text that a reference names."""
    return load_authorities()[reference.split(" ", 1)[0]]


@cache
def cite(reference: str) -> str:
    """Return the citation of a reference with its pinpoint: ``UCC § 9-506(c)``, ``UCP 600 art. 14(d)``."""
    _, _, pinpoint = reference.partition(" ")
    space = "" if pinpoint.startswith("(") or not pinpoint else " "
    return f"{get_authority(reference).citation}{space}{pinpoint}"


def cite_all(references: Iterable[str]) -> str:
    """Return the citations in one line."""
    return "; ".join([cite(reference) for reference in references]) or NO_AUTHORITY


@cache
def cite_law_of_profile(references: tuple[str, ...], profile: str, fallback: tuple[str, ...]) -> str:
    """Return the citations of a profile's own law, of the fallback where it has none, and of standards."""
    own, common = select_references(references, profile)
    return cite_all((*(own or fallback), *common))


def select_references(references: Iterable[str], profile: str) -> tuple[list[str], list[str]]:
    """Return those that are the law of a profile, and those of standards that bind no regime alone."""
    found = [(reference, get_authority(reference).profiles) for reference in references]
    return (
        [reference for reference, profiles in found if profile in profiles],
        [reference for reference, profiles in found if ANY_PROFILE in profiles],
    )
