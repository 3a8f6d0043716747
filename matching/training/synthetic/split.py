"""Split of pairs by entity, so that a model is never tested on a name it was trained on."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from matching.training.synthetic.pairs import LabelledPair


class DatasetSplit(StrEnum):
    """Where a pair belongs. ``neither``: its first entity may be trained on, its second is held out."""

    TRAIN = "train"
    HELD_OUT = "held-out"
    NEITHER = "neither"


def is_held_out(entity: str, share: float, seed: int = 20) -> bool:
    """Return whether an entity is held out; depends only on entity, share (0 to 1) and seed."""
    digest = hashlib.sha256(f"{seed}:{entity}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share


def assign_split(pair: LabelledPair, share: float, seed: int = 20) -> DatasetSplit:
    """Return the split of a pair, by the entity of its left name; no held-out entity is trained on."""
    if is_held_out(pair.entity, share, seed):
        return DatasetSplit.HELD_OUT
    if pair.right_entity and is_held_out(pair.right_entity, share, seed):
        return DatasetSplit.NEITHER
    return DatasetSplit.TRAIN
