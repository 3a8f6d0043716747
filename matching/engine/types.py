"""The words of the comparison: what goes in, what comes out.

Every public structure is an immutable dataclass, so a result can be cached, compared and shared between
threads. Offsets are Python string indices into the name *as received*: ``name[start:end]`` is the text meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MAX_NAME_LENGTH = 1_000
"""Longest name accepted, in characters. The longest registered company names known are under 400."""

Span = tuple[int, int]
"""Half-open ``[start, end)`` offsets into a name as received."""


class Kind(StrEnum):
    """What sort of person in law a name belongs to."""

    ORGANISATION = "organisation"
    INDIVIDUAL = "individual"


class Effect(StrEnum):
    """What one difference does under one profile, from harmless to decisive."""

    EQUAL = "equal"
    MODEL = "model"
    REVIEW = "review"
    MATERIAL = "material"


class Verdict(StrEnum):
    """The answer: same name for the profile's purpose, a person must look, or another name."""

    IMMATERIAL = "immaterial"
    REVIEW = "review"
    MATERIAL = "material"


class NameError_(ValueError):
    """A name that cannot be compared; the message says why and what to do."""


class EmptyNameError(NameError_):
    """The name holds no letter and no digit."""


class NameTooLongError(NameError_):
    """The name is longer than :data:`MAX_NAME_LENGTH`."""


class UnknownProfileError(ValueError):
    """No profile has that id."""


class UnknownKindError(ValueError):
    """The kind is none of ``auto``, ``organisation``, ``individual``."""
