"""Pairs of names on their way into a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypedDict

from legal_names_client.generated.models import CompareRequest
from legal_names_client.values import KindId, RegisterSide, build_model

BATCH_SIZE = 1_000


class Facts(TypedDict, total=False):
    """What is known of the two names beside the names."""

    kind: KindId
    jurisdiction1: str | None
    jurisdiction2: str | None
    register: RegisterSide | None
    identifiers1: Mapping[str, str]
    identifiers2: Mapping[str, str]


PairInput = tuple[str, str] | Mapping[str, Any] | CompareRequest


def build_request(pair: PairInput, profile: str) -> CompareRequest:
    """Return the request of two names or of the fields of one; ``profile`` unless it names another.

    Raises ``TypeError`` for a field that it has not.
    """
    if isinstance(pair, CompareRequest):
        return pair
    fields = pair if isinstance(pair, Mapping) else {"name1": pair[0], "name2": pair[1]}
    return build_model(CompareRequest, {"profile": profile, **fields})


def cut_into_batches(pairs: Iterable[PairInput], profile: str) -> Iterator[list[CompareRequest]]:
    """Yield the requests of pairs, as many at a time as one batch takes."""
    requests = (build_request(pair, profile) for pair in pairs)
    while batch := list(islice(requests, BATCH_SIZE)):
        yield batch
