"""The models a process serves from, swapped without a pause.

A process holds one immutable :class:`Fleet`; a request reads it once. At most once a second somebody asks for
the live generation (Redis, else one row of SQL, else keep what there is). When it moved, a background thread
fetches the artefacts by digest, verifies, builds and warms them, and assigns the new fleet; a failure keeps
the old one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

import structlog
from django.db import DatabaseError, connection
from django.db.models import Max

from accounts.crypto import Purpose, matches, sha256
from accounts.store import StoreDownError, ask
from modelops.models import EVERY_PROFILE, LiveSlot, ModelVersion, ServingRole

S = TypeVar("S")

_GENERATION_KEY = "lnc:generation"
_GENERATION_LIFE = 5
"""Seconds the number lives in Redis: a promotion that could not be published is seen at the latest then."""

_POLL_EVERY = 1.0
_BACK_OFF = 30.0
"""Seconds before a generation that failed to load is tried again."""

log = structlog.get_logger(__name__)


class ArtefactError(Exception):
    """The stored bytes are not the ones that were registered, or do not fit this program."""


class NoLiveModelError(Exception):
    """No champion has been made live yet."""


@dataclass(frozen=True)
class Served(Generic[S]):
    """One loaded version."""

    id: UUID
    name: str
    version: str
    sha256: str
    scorer: S


@dataclass(frozen=True)
class Fleet(Generic[S]):
    """Everything that is live, as of one generation."""

    generation: int
    slots: Mapping[tuple[str, str], Served[S]]

    def champion(self, profile: str) -> Served[S]:
        """Return the version that answers for a profile. Raises :class:`NoLiveModelError`."""
        found = self.playing(ServingRole.CHAMPION, profile)
        if found is None:
            raise NoLiveModelError("no model has been made live; run register_starting_model")
        return found

    def playing(self, role: str, profile: str) -> Served[S] | None:
        """Return the version with a part for the profile, or for every profile, or nothing."""
        return self.slots.get((profile, role)) or self.slots.get((EVERY_PROFILE, role))

    def version(self, model_id: UUID) -> Served[S] | None:
        """Return a live version by its id, or nothing when it plays no part."""
        return next((served for served in self.slots.values() if served.id == model_id), None)


class Loader(Generic[S]):
    """Keeps one process's fleet current. ``build`` turns verified bytes into a warmed scorer, or raises."""

    def __init__(self, build: Callable[[bytes], S]) -> None:
        self._build = build
        self._fleet: Fleet[S] | None = None
        self._built: dict[str, S] = {}
        self._polled_at = -_POLL_EVERY
        self._failed: tuple[int, float] = (0, 0.0)
        self._swapping = threading.Lock()

    def fleet(self) -> Fleet[S]:
        """Return the current fleet.

        The first call loads it. Raises :class:`NoLiveModelError`, ``ArtefactError``.
        """
        if self._fleet is None:
            return self.refresh()
        if time.monotonic() - self._polled_at >= _POLL_EVERY:
            self._polled_at = time.monotonic()
            self._look()
        return self._fleet

    def refresh(self) -> Fleet[S]:
        """Load what is live now, in this thread."""
        with self._swapping:
            self._polled_at = time.monotonic()
            self._fleet = fleet = self._load()
        return fleet

    def _look(self) -> None:
        """Start a swap in the background when the generation moved."""
        current, live = self._fleet, live_generation()
        if current is None or live is None or live == current.generation or self._resting(live):
            return
        if self._swapping.acquire(blocking=False):
            threading.Thread(target=self._swap, args=(live,), name="model-swap", daemon=True).start()

    def _resting(self, generation: int) -> bool:
        failed, at = self._failed
        return failed == generation and time.monotonic() - at < _BACK_OFF

    def _swap(self, generation: int) -> None:
        """Load and assign, off the request; any failure keeps what is served."""
        try:
            self._fleet = self._load()
            log.info("model_swapped", generation=self._fleet.generation)
        except (ArtefactError, NoLiveModelError, DatabaseError, ValueError) as error:
            self._failed = (generation, time.monotonic())
            log.error("model_swap_failed", generation=generation, error=type(error).__name__)
        finally:
            self._swapping.release()
            connection.close()

    def _load(self) -> Fleet[S]:
        rows = list(LiveSlot.objects.select_related("deployment__model__artefact"))
        if not rows:
            raise NoLiveModelError("no model has been made live; run register_starting_model")
        generation = max(row.deployment_id for row in rows)
        slots = {(row.profile, row.role): served for row in rows if (served := self._slot(row))}
        kept = {served.sha256 for served in slots.values()} | {s.sha256 for s in self._current_slots()}
        self._built = {digest: scorer for digest, scorer in self._built.items() if digest in kept}
        return Fleet(generation, slots)

    def _slot(self, row: LiveSlot) -> Served[S] | None:
        """Serve what a slot holds. A champion must be sound; a broken challenger or shadow plays no part."""
        try:
            return self._serve(row.deployment.model)
        except (ArtefactError, ValueError) as error:
            if row.role == ServingRole.CHAMPION:
                raise
            log.error("slot_left_out", role=row.role, profile=row.profile, error=type(error).__name__)
            return None

    def _current_slots(self) -> list[Served[S]]:
        """Return what is served now: it stays built, so that going back is instant."""
        return list(self._fleet.slots.values()) if self._fleet else []

    def _serve(self, version: ModelVersion) -> Served[S]:
        digest = version.artefact_id
        if digest not in self._built:
            self._built[digest] = self._build(verified_content(version))
        return Served(version.pk, version.name, version.version, digest, self._built[digest])


def verified_content(version: ModelVersion) -> bytes:
    """Return the artefact's bytes after checking both digests. Raises :class:`ArtefactError`."""
    content = bytes(version.artefact.content)
    if sha256(content) != version.artefact_id:
        raise ArtefactError(f"{version}: the stored bytes were altered")
    signed = (version.artefact_id, version.name, version.version, version.schema_hash)
    if not matches(Purpose.ARTEFACT, version.artefact_hmac, *signed):
        raise ArtefactError(f"{version}: the artefact was not registered by this installation")
    return content


def live_generation() -> int | None:
    """Return the number of the newest deployment: from Redis, else from SQL, else nothing."""
    try:
        found = ask(lambda store: store.get(_GENERATION_KEY))
        if found is not None:
            return int(found)
    except StoreDownError:
        pass
    try:
        generation = _generation_in_database()
    except DatabaseError:
        return None
    publish(generation)
    return generation


def publish(generation: int) -> None:
    """Tell every process which generation is live; without Redis they see it in SQL."""
    try:
        ask(lambda store: store.set(_GENERATION_KEY, generation, ex=_GENERATION_LIFE))
    except StoreDownError:
        log.info("generation_not_published", generation=generation)


def _generation_in_database() -> int:
    return LiveSlot.objects.aggregate(newest=Max("deployment_id"))["newest"] or 0
