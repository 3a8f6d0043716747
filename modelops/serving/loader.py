"""The models a process serves from, swapped without a pause.

A process holds one immutable :class:`Fleet`; a request reads it once. At most once a second somebody asks for
the live generation (Redis, else one row of SQL, else keep what there is). When it moved, a background thread
fetches the artefacts by digest, verifies, builds and checks them, and assigns the new fleet; a failure keeps
the old one. What somebody asked to promote is built before it is approved, and what a rollback would go back
to stays built, so that both are a change of one number.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import structlog
from django.db import DatabaseError, connection
from django.db.models import Max
from django.utils import timezone

from accounts.crypto import Purpose, matches, sha256
from accounts.store import StoreDownError, ask
from modelops.alerting.alerts import raise_alert
from modelops.models import DRILL, EVERY_PROFILE, Deployment, LiveSlot, ModelVersion, ServingRole

S = TypeVar("S")

_GENERATION_KEY = "lnc:generation"
_GENERATION_LIFE = 5
"""Seconds the number lives in Redis: a promotion that could not be published is seen at the latest then."""

_POLL_EVERY = 1.0
_BACK_OFF = 30.0
"""Seconds before a generation that failed to load is tried again."""

_OF_MODEL = ("model__card", "model__metrics", "model__datasets")
_HEAVY = tuple(f"deployment__{name}" for name in _OF_MODEL)
"""Columns that nobody needs to serve."""

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


@dataclass
class Journal:
    """What a loader did so far, for the page that shows it."""

    swaps: int = 0
    swapped_at: datetime | None = None
    swap_ms: int | None = None


class Loader(Generic[S]):
    """Keeps one process's fleet current.

    ``build`` turns verified bytes into a warmed scorer, ``check`` compares it with what was recorded of the
    version at registration; either may raise ``ValueError``. ``schema`` names the features this program
    computes: where the champion is of others (a program was updated or put back a moment ago), the newest
    champion that fits goes on answering.
    """

    def __init__(
        self,
        build: Callable[[bytes], S],
        check: Callable[[Mapping[str, Any], S], None] | None = None,
        schema: str = "",
    ) -> None:
        self._build, self._check, self._schema = build, check, schema
        self._fleet: Fleet[S] | None = None
        self._built: dict[str, S] = {}
        self.failures: dict[str, str] = {}
        self.journal = Journal()
        self._polled_at = -_POLL_EVERY
        self._failed: tuple[int, float] = (0, 0.0)
        self._swapping = threading.Lock()

    @property
    def current(self) -> Fleet[S] | None:
        """The fleet as it is, without looking for a newer one."""
        return self._fleet

    @property
    def ready(self) -> list[str]:
        """Digests of the artefacts that are built and checked."""
        return sorted(self._built)

    def fleet(self) -> Fleet[S]:
        """Return the current fleet.

        The first call loads it. Raises :class:`NoLiveModelError`, ``ArtefactError``.
        """
        if self._fleet is None:
            return self.refresh()
        if time.monotonic() - self._polled_at >= _POLL_EVERY:
            self._polled_at = time.monotonic()
            self.look()
        return self._fleet

    def refresh(self) -> Fleet[S]:
        """Load what is live now, in this thread."""
        with self._swapping:
            self._polled_at = time.monotonic()
            self._fleet = fleet = self._load()
        return fleet

    def look(self) -> None:
        """Start a swap in the background when the generation moved."""
        current, live = self._fleet, live_generation()
        if current is None or live is None or live == current.generation or self._resting(live):
            return
        if self._swapping.acquire(blocking=False):
            threading.Thread(target=self._swap, args=(live,), name="model-swap", daemon=True).start()

    def stage(self, versions: Iterable[ModelVersion]) -> None:
        """Build what may go live soon, so that going live needs no loading; what fails is remembered."""
        with self._swapping:
            for version in versions:
                self._try_build(version)

    def _resting(self, generation: int) -> bool:
        failed, at = self._failed
        return failed == generation and time.monotonic() - at < _BACK_OFF

    def _swap(self, generation: int) -> None:
        """Load and assign, off the request; any failure keeps what is served."""
        began = time.monotonic()
        try:
            self._fleet = self._load()
            self.journal = Journal(
                self.journal.swaps + 1, timezone.now(), round((time.monotonic() - began) * 1000)
            )
            log.info("model_swapped", generation=self._fleet.generation)
        except (ArtefactError, NoLiveModelError, DatabaseError, ValueError) as error:
            self._failed = (generation, time.monotonic())
            log.error("model_swap_failed", generation=generation, error=type(error).__name__)
            _tell(generation, error)
        finally:
            self._swapping.release()
            connection.close()

    def _load(self) -> Fleet[S]:
        rows = list(
            LiveSlot.objects.select_related("deployment__model", "deployment__previous__model").defer(
                *_HEAVY, *(f"deployment__previous__{name}" for name in _OF_MODEL)
            )
        )
        if not rows:
            raise NoLiveModelError("no model has been made live; run register_starting_model")
        generation = max(row.deployment_id for row in rows)
        slots = {(row.profile, row.role): served for row in rows if (served := self._slot(row))}
        before = [row.deployment.previous.model for row in rows if row.deployment.previous]
        for version in before:
            self._try_build(version)
        kept = {served.sha256 for served in slots.values()} | {s.sha256 for s in self._current_slots()}
        kept |= {version.artefact_id for version in before}
        self._built = {digest: scorer for digest, scorer in self._built.items() if digest in kept}
        return Fleet(generation, slots)

    def _slot(self, row: LiveSlot) -> Served[S] | None:
        """Serve what a slot holds. A champion must be sound; a broken challenger or shadow plays no part."""
        try:
            return self._serve(self._fitting(row))
        except (ArtefactError, ValueError) as error:
            if row.role == ServingRole.CHAMPION and row.profile != DRILL:
                raise
            log.error("slot_left_out", role=row.role, profile=row.profile, error=type(error).__name__)
            return None

    def _fitting(self, row: LiveSlot) -> ModelVersion:
        """The slot's version, or the newest champion before it that this program can ask."""
        live = row.deployment.model
        if row.role != ServingRole.CHAMPION or self._schema in ("", live.schema_hash):
            return live
        found = Deployment.objects.fitting(row.profile, self._schema).first()
        return found.model if found else live

    def _current_slots(self) -> list[Served[S]]:
        """Return what is served now: it stays built, so that going back is instant."""
        return list(self._fleet.slots.values()) if self._fleet else []

    def _serve(self, version: ModelVersion) -> Served[S]:
        digest = version.artefact_id
        if digest not in self._built:
            self._built = {**self._built, digest: self._checked(version)}
            self.failures = {name: why for name, why in self.failures.items() if name != digest}
        return Served(version.pk, version.name, version.version, digest, self._built[digest])

    def _checked(self, version: ModelVersion) -> S:
        scorer = self._build(verified_content(version))
        if self._check:
            self._check(version.answers, scorer)
        return scorer

    def _try_build(self, version: ModelVersion) -> None:
        try:
            self._serve(version)
        except (ArtefactError, ValueError) as error:
            if version.artefact_id not in self.failures:
                log.error("model_not_staged", version=str(version), error=type(error).__name__)
            self.failures = {**self.failures, version.artefact_id: str(error)[:200]}


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


def _tell(generation: int, error: Exception) -> None:
    """Raise an alert; without a database there is nobody to tell, and the log has said it."""
    try:
        raise_alert("model_swap_failed", str(generation), f"generation {generation}: {type(error).__name__}")
    except DatabaseError:
        log.error("alert_not_raised", rule="model_swap_failed")


def _generation_in_database() -> int:
    return LiveSlot.objects.aggregate(newest=Max("deployment_id"))["newest"] or 0
