"""Labelled pairs of names."""

from __future__ import annotations

from dataclasses import dataclass


class PairsFileError(ValueError):
    """A file of labelled pairs cannot be read; the message gives the line and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two names and whether their difference is material.

    ``kind`` is ``"organisation"`` or ``"individual"``. ``category`` is a taxonomy id (``"O08"``), several
    joined by ``+``, or the tag of a file. ``entity`` groups pairs that must stay on one side of any split;
    ``right_entity`` is the right name's group where that is another one. ``weight`` (> 0) is its weight in
    training. ``source`` is ``"constructed"`` or that of the file. ``is_outdated``: labelled under a rule that
    has changed since; used in training, never in measurement.
    """

    left: str
    right: str
    material: bool
    kind: str
    category: str
    entity: str
    weight: float
    source: str
    right_entity: str = ""
    is_outdated: bool = False
