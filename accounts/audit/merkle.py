"""The Merkle tree of RFC 6962 over a growing list: its root from what came before, and audit paths.

Pure; the hashes of leaves and nodes are those of :mod:`accounts.audit.proof_verifier`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from hashlib import sha256

from accounts.audit.proof_verifier import compute_leaf_hash, compute_node_hash

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""


class Frontier:
    """The roots of the complete subtrees of a tree, largest first: enough to go on and to know the root."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)

    def append(self, entry: bytes) -> None:
        """Add a leaf."""
        self.hashes.append(compute_leaf_hash(entry))
        complete = self.size
        while complete & 1:
            right, left = self.hashes.pop(), self.hashes.pop()
            self.hashes.append(compute_node_hash(left, right))
            complete >>= 1
        self.size += 1

    def compute_root(self) -> bytes:
        """Return the root of the tree."""
        if not self.hashes:
            return EMPTY_ROOT
        return reduce(lambda right, left: compute_node_hash(left, right), reversed(self.hashes))


def build_audit_path(index: int, size: int, read_root: Callable[[int, int], bytes]) -> list[bytes]:
    """Return the audit path of a leaf, from its sibling up to the root (RFC 6962, section 2.1.1).

    ``read_root(start, end)`` returns the root over the leaves from ``start`` up to but not including ``end``.
    """
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if index < middle:
            path.append(read_root(middle, end))
            end = middle
        else:
            path.append(read_root(start, middle))
            start = middle
    return path[::-1]
