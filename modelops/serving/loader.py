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

from accounts.encryption.crypto import DigestPurpose, sha256, verify_digest
from accounts.redis_client import RedisUnavailableError, call_redis
from modelops.alerting.alerts import raise_alert
from modelops.models import (
    DRILL_PROFILE,
    EVERY_PROFILE,
    Deployment,
    LiveSlot,
    ModelVersion,
    ServingRole,
)

S = TypeVar("S")

_GENERATION_KEY = "lnc:generation"
_GENERATION_TTL_SECONDS = 5
"""Seconds the number lives in Redis: a promotion that could not be published is seen at the latest then."""

_POLL_SECONDS = 1.0
_BACKOFF_SECONDS = 30.0
"""Seconds before a generation that failed to load is tried again."""

_UNUSED_MODEL_FIELDS = ("model__card", "model__metrics", "model__datasets")
_DEFERRED_FIELDS = tuple(f"deployment__{name}" for name in _UNUSED_MODEL_FIELDS)
"""Columns that nobody needs to serve."""

log = structlog.get_logger(__name__)


class ArtefactVerificationError(Exception):
    """The stored bytes are not the ones that were registered, or do not fit this program."""


class NoLiveModelError(Exception):
    """No champion has been made live yet."""


@dataclass(frozen=True)
class LoadedModel(Generic[S]):
    """One loaded version."""

    id: UUID
    name: str
    version: str
    sha256: str
    scorer: S


@dataclass(frozen=True)
class LiveModels(Generic[S]):
    """Everything that is live, as of one generation."""

    generation: int
    models_by_slot: Mapping[tuple[str, str], LoadedModel[S]]

    def get_champion(self, profile: str) -> LoadedModel[S]:
        """Return the version that answers for a profile. Raises :class:`NoLiveModelError`."""
        found = self.find_by_role(ServingRole.CHAMPION, profile)
        if found is None:
            raise NoLiveModelError("no model has been made live; run register_starting_model")
        return found

    def find_by_role(self, role: str, profile: str) -> LoadedModel[S] | None:
        """Return the version with a part for the profile, or for every profile, or nothing."""
        return self.models_by_slot.get((profile, role)) or self.models_by_slot.get((EVERY_PROFILE, role))

    def find_by_id(self, model_id: UUID) -> LoadedModel[S] | None:
        """Return a live version by its id, or nothing when it plays no part."""
        return next((served for served in self.models_by_slot.values() if served.id == model_id), None)


@dataclass
class SwapStatistics:
    """What a loader did so far, for the page that shows it."""

    swap_count: int = 0
    last_swap_at: datetime | None = None
    last_swap_ms: int | None = None


class ModelLoader(Generic[S]):
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
        self._live_models: LiveModels[S] | None = None
        self._scorers_by_digest: dict[str, S] = {}
        self.failures_by_digest: dict[str, str] = {}
        self.swap_statistics = SwapStatistics()
        self._polled_at = -_POLL_SECONDS
        self._last_failure: tuple[int, float] = (0, 0.0)
        self._swap_lock = threading.Lock()

    @property
    def current(self) -> LiveModels[S] | None:
        """The fleet as it is, without looking for a newer one."""
        return self._live_models

    @property
    def ready_digests(self) -> list[str]:
        """Digests of the artefacts that are built and checked."""
        return sorted(self._scorers_by_digest)

    def get_live_models(self) -> LiveModels[S]:
        """Return the current fleet.

        The first call loads it. Raises :class:`NoLiveModelError`, ``ArtefactError``.
        """
        if self._live_models is None:
            return self.refresh()
        if time.monotonic() - self._polled_at >= _POLL_SECONDS:
            self._polled_at = time.monotonic()
            self.swap_if_outdated()
        return self._live_models

    def refresh(self) -> LiveModels[S]:
        """Load what is live now, in this thread."""
        with self._swap_lock:
            self._polled_at = time.monotonic()
            self._live_models = fleet = self._load()
        return fleet

    def swap_if_outdated(self) -> None:
        """Start a swap in the background when the generation moved."""
        current, live = self._live_models, read_live_generation()
        if current is None or live is None or live == current.generation or self._is_backing_off(live):
            return
        if self._swap_lock.acquire(blocking=False):
            threading.Thread(target=self._swap, args=(live,), name="model-swap", daemon=True).start()

    def preload(self, versions: Iterable[ModelVersion]) -> None:
        """Build what may go live soon, so that going live needs no loading; what fails is remembered."""
        with self._swap_lock:
            for version in versions:
                self._try_build(version)

    def _is_backing_off(self, generation: int) -> bool:
        failed, at = self._last_failure
        return failed == generation and time.monotonic() - at < _BACKOFF_SECONDS

    def _swap(self, generation: int) -> None:
        """Load and assign, off the request; any failure keeps what is served."""
        began = time.monotonic()
        try:
            self._live_models = self._load()
            self.swap_statistics = SwapStatistics(
                self.swap_statistics.swap_count + 1, timezone.now(), round((time.monotonic() - began) * 1000)
            )
            log.info("model_swapped", generation=self._live_models.generation)
        except (ArtefactVerificationError, NoLiveModelError, DatabaseError, ValueError) as error:
            self._last_failure = (generation, time.monotonic())
            log.error("model_swap_failed", generation=generation, error=type(error).__name__)
            _raise_swap_alert(generation, error)
        finally:
            self._swap_lock.release()
            connection.close()

    def _load(self) -> LiveModels[S]:
        rows = list(
            LiveSlot.objects.select_related("deployment__model", "deployment__previous__model").defer(
                *_DEFERRED_FIELDS, *(f"deployment__previous__{name}" for name in _UNUSED_MODEL_FIELDS)
            )
        )
        if not rows:
            raise NoLiveModelError("no model has been made live; run register_starting_model")
        generation = max(row.deployment_id for row in rows)
        slots = {(row.profile, row.role): served for row in rows if (served := self._load_slot(row))}
        before = [row.deployment.previous.model for row in rows if row.deployment.previous]
        for version in before:
            self._try_build(version)
        kept = {served.sha256 for served in slots.values()} | {s.sha256 for s in self._list_current_models()}
        kept |= {version.artefact_id for version in before}
        self._scorers_by_digest = {
            digest: scorer for digest, scorer in self._scorers_by_digest.items() if digest in kept
        }
        return LiveModels(generation, slots)

    def _load_slot(self, row: LiveSlot) -> LoadedModel[S] | None:
        """Serve what a slot holds. A champion must be sound; a broken challenger or shadow plays no part."""
        try:
            return self._load_version(self._select_version(row))
        except (ArtefactVerificationError, ValueError) as error:
            if row.role == ServingRole.CHAMPION and row.profile != DRILL_PROFILE:
                raise
            log.error("slot_left_out", role=row.role, profile=row.profile, error=type(error).__name__)
            return None

    def _select_version(self, row: LiveSlot) -> ModelVersion:
        """The slot's version, or the newest champion before it that this program can ask."""
        live = row.deployment.model
        if row.role != ServingRole.CHAMPION or self._schema in ("", live.schema_hash):
            return live
        found = Deployment.objects.for_schema(row.profile, self._schema).first()
        return found.model if found else live

    def _list_current_models(self) -> list[LoadedModel[S]]:
        """Return what is served now: it stays built, so that going back is instant."""
        return list(self._live_models.models_by_slot.values()) if self._live_models else []

    def _load_version(self, version: ModelVersion) -> LoadedModel[S]:
        digest = version.artefact_id
        if digest not in self._scorers_by_digest:
            self._scorers_by_digest = {**self._scorers_by_digest, digest: self._build_and_check(version)}
            self.failures_by_digest = {
                name: why for name, why in self.failures_by_digest.items() if name != digest
            }
        return LoadedModel(version.pk, version.name, version.version, digest, self._scorers_by_digest[digest])

    def _build_and_check(self, version: ModelVersion) -> S:
        scorer = self._build(read_verified_artefact(version))
        if self._check:
            self._check(version.answers, scorer)
        return scorer

    def _try_build(self, version: ModelVersion) -> None:
        try:
            self._load_version(version)
        except (ArtefactVerificationError, ValueError) as error:
            if version.artefact_id not in self.failures_by_digest:
                log.error("model_not_staged", version=str(version), error=type(error).__name__)
            self.failures_by_digest = {**self.failures_by_digest, version.artefact_id: str(error)[:200]}


def read_verified_artefact(version: ModelVersion) -> bytes:
    """Return the artefact's bytes after checking both digests. Raises :class:`ArtefactError`."""
    content = bytes(version.artefact.content)
    if sha256(content) != version.artefact_id:
        raise ArtefactVerificationError(f"{version}: the stored bytes were altered")
    signed = (version.artefact_id, version.name, version.version, version.schema_hash)
    if not verify_digest(DigestPurpose.ARTEFACT, version.artefact_hmac, *signed):
        raise ArtefactVerificationError(f"{version}: the artefact was not registered by this installation")
    return content


def read_live_generation() -> int | None:
    """Return the number of the newest deployment: from Redis, else from SQL, else nothing."""
    try:
        found = call_redis(lambda store: store.get(_GENERATION_KEY))
        if found is not None:
            return int(found)
    except RedisUnavailableError:
        pass
    try:
        generation = _query_live_generation()
    except DatabaseError:
        return None
    publish_generation(generation)
    return generation


def publish_generation(generation: int) -> None:
    """Tell every process which generation is live; without Redis they see it in SQL."""
    try:
        call_redis(lambda store: store.set(_GENERATION_KEY, generation, ex=_GENERATION_TTL_SECONDS))
    except RedisUnavailableError:
        log.info("generation_not_published", generation=generation)


def _raise_swap_alert(generation: int, error: Exception) -> None:
    """Raise an alert; without a database there is nobody to tell, and the log has said it."""
    try:
        raise_alert("model_swap_failed", str(generation), f"generation {generation}: {type(error).__name__}")
    except DatabaseError:
        log.error("alert_not_raised", rule="model_swap_failed")


def _query_live_generation() -> int:
    return LiveSlot.objects.aggregate(newest=Max("deployment_id"))["newest"] or 0
