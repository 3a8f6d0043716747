"""The live models of a process, replaced without a pause.

A process holds one immutable :class:`LiveModels`; a request reads it once. At most once a second the
process reads the live generation (from Redis, else from the database, else it keeps what it has). When the
generation changed, a background thread fetches the artefacts by digest, verifies, builds and checks them, and
assigns the new :class:`LiveModels`; on failure the old one stays. Versions with an open promotion request
are built before the approval, and the version a rollback would put back stays built: both take no loading.
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
from modelops.sentences import GateSentence

ScorerT = TypeVar("ScorerT")

_GENERATION_KEY = "lnc:generation"
_GENERATION_TTL_SECONDS = 5
"""Seconds the generation stays in Redis, the longest delay after a promotion that could not be published."""

_POLL_SECONDS = 1.0
_BACKOFF_SECONDS = 30.0
"""Seconds before a generation that failed to load is tried again."""

_UNUSED_MODEL_FIELDS = ("model__card", "model__metrics", "model__datasets")
_DEFERRED_FIELDS = tuple(f"deployment__{name}" for name in _UNUSED_MODEL_FIELDS)
"""Large columns that serving does not need."""

log = structlog.get_logger(__name__)


class ArtefactVerificationError(Exception):
    """The stored bytes are not the ones that were registered, or do not fit this program."""


class NoLiveModelError(Exception):
    """No champion has been made live yet."""


@dataclass(frozen=True)
class LoadedModel(Generic[ScorerT]):
    """A loaded version with its scorer."""

    id: UUID
    name: str
    version: str
    sha256: str
    scorer: ScorerT


@dataclass(frozen=True)
class LiveModels(Generic[ScorerT]):
    """The models that are live at one generation, by profile and role."""

    generation: int
    models_by_slot: Mapping[tuple[str, str], LoadedModel[ScorerT]]

    def get_champion(self, profile: str) -> LoadedModel[ScorerT]:
        """Return the champion of a profile. Raises :class:`NoLiveModelError`."""
        champion = self.find_by_role(ServingRole.CHAMPION, profile)
        if champion is None:
            raise NoLiveModelError("no model has been made live; run register_starting_model")
        return champion

    def find_by_role(self, role: str, profile: str) -> LoadedModel[ScorerT] | None:
        """Return the model with a role for the profile, else for all profiles, else ``None``."""
        return self.models_by_slot.get((profile, role)) or self.models_by_slot.get((EVERY_PROFILE, role))

    def find_by_id(self, model_id: UUID) -> LoadedModel[ScorerT] | None:
        """Return the loaded model of a live version, or ``None`` when it is not live."""
        return next((model for model in self.models_by_slot.values() if model.id == model_id), None)


@dataclass
class SwapStatistics:
    """Number of swaps of a loader, and when and how fast the last one was."""

    swap_count: int = 0
    last_swap_at: datetime | None = None
    last_swap_ms: int | None = None


class ModelLoader(Generic[ScorerT]):
    """Keeps the live models of one process current.

    ``build`` turns a verified artefact into a warmed-up scorer; ``check`` compares its predictions with those
    recorded at registration; either may raise ``ValueError``. ``schema`` is the hash of the features this
    program computes: while the champion was trained for others (just after an update or downgrade of the
    program), the newest earlier champion that fits is served.
    """

    def __init__(
        self,
        build: Callable[[bytes], ScorerT],
        check: Callable[[Mapping[str, Any], ScorerT], None] | None = None,
        schema: str = "",
    ) -> None:
        self._build, self._check, self._schema = build, check, schema
        self._live_models: LiveModels[ScorerT] | None = None
        self._scorers_by_digest: dict[str, ScorerT] = {}
        self.failures_by_digest: dict[str, str] = {}
        self.swap_statistics = SwapStatistics()
        self._polled_at = -_POLL_SECONDS
        self._last_failure: tuple[int, float] = (0, 0.0)
        self._swap_lock = threading.Lock()

    @property
    def current(self) -> LiveModels[ScorerT] | None:
        """The live models as loaded, without a check for newer ones; ``None`` before the first load."""
        return self._live_models

    @property
    def ready_digests(self) -> list[str]:
        """Digests of the artefacts that are built and checked, sorted."""
        return sorted(self._scorers_by_digest)

    def get_live_models(self) -> LiveModels[ScorerT]:
        """Return the live models; the first call loads them.

        Raises :class:`NoLiveModelError` or :class:`ArtefactVerificationError`.
        """
        if self._live_models is None:
            return self.refresh()
        if time.monotonic() - self._polled_at >= _POLL_SECONDS:
            self._polled_at = time.monotonic()
            self.swap_if_outdated()
        return self._live_models

    def refresh(self) -> LiveModels[ScorerT]:
        """Load what is live now, in the calling thread."""
        with self._swap_lock:
            self._polled_at = time.monotonic()
            self._live_models = live_models = self._load()
        return live_models

    def swap_if_outdated(self) -> None:
        """Start a swap in the background when the live generation changed."""
        current, live = self._live_models, read_live_generation()
        if current is None or live is None or live == current.generation or self._is_backing_off(live):
            return
        if self._swap_lock.acquire(blocking=False):
            threading.Thread(target=self._swap, args=(live,), name="model-swap", daemon=True).start()

    def preload(self, versions: Iterable[ModelVersion]) -> None:
        """Build versions that may go live soon; failures are kept in :attr:`failures_by_digest`."""
        with self._swap_lock:
            for version in versions:
                self._try_build(version)

    def _is_backing_off(self, generation: int) -> bool:
        failed_generation, failed_at = self._last_failure
        return failed_generation == generation and time.monotonic() - failed_at < _BACKOFF_SECONDS

    def _swap(self, generation: int) -> None:
        """Load and assign in a background thread; on failure the served models stay."""
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

    def _load(self) -> LiveModels[ScorerT]:
        rows = list(
            LiveSlot.objects.select_related("deployment__model", "deployment__previous__model").defer(
                *_DEFERRED_FIELDS, *(f"deployment__previous__{name}" for name in _UNUSED_MODEL_FIELDS)
            )
        )
        if not rows:
            raise NoLiveModelError("no model has been made live; run register_starting_model")
        models = {(row.profile, row.role): model for row in rows if (model := self._load_slot(row))}
        previous = [row.deployment.previous.model for row in rows if row.deployment.previous]
        for version in previous:
            self._try_build(version)
        loaded = [*models.values(), *self._list_current_models()]
        self._drop_scorers_except({m.sha256 for m in loaded} | {v.artefact_id for v in previous})
        return LiveModels(max(row.deployment_id for row in rows), models)

    def _drop_scorers_except(self, digests: set[str]) -> None:
        self._scorers_by_digest = {
            digest: scorer for digest, scorer in self._scorers_by_digest.items() if digest in digests
        }

    def _load_slot(self, row: LiveSlot) -> LoadedModel[ScorerT] | None:
        """Load the model of a slot. A broken champion raises; a broken challenger or shadow is left out."""
        try:
            return self._load_version(self._select_version(row))
        except (ArtefactVerificationError, ValueError) as error:
            if row.role == ServingRole.CHAMPION and row.profile != DRILL_PROFILE:
                raise
            log.error("slot_left_out", role=row.role, profile=row.profile, error=type(error).__name__)
            return None

    def _select_version(self, row: LiveSlot) -> ModelVersion:
        """Return the version of a slot, or the newest champion whose features this program computes."""
        live = row.deployment.model
        if row.role != ServingRole.CHAMPION or self._schema in ("", live.schema_hash):
            return live
        fitting = Deployment.objects.for_schema(row.profile, self._schema).first()
        return fitting.model if fitting else live

    def _list_current_models(self) -> list[LoadedModel[ScorerT]]:
        """Return the models served now; they stay built, so that going back needs no loading."""
        return list(self._live_models.models_by_slot.values()) if self._live_models else []

    def _load_version(self, version: ModelVersion) -> LoadedModel[ScorerT]:
        digest = version.artefact_id
        if digest not in self._scorers_by_digest:
            self._scorers_by_digest = {**self._scorers_by_digest, digest: self._build_and_check(version)}
            self.failures_by_digest = {
                name: why for name, why in self.failures_by_digest.items() if name != digest
            }
        return LoadedModel(version.pk, version.name, version.version, digest, self._scorers_by_digest[digest])

    def _build_and_check(self, version: ModelVersion) -> ScorerT:
        scorer = self._build(read_verified_artefact(version))
        if self._check:
            self._check(version.golden_predictions, scorer)
        return scorer

    def _try_build(self, version: ModelVersion) -> None:
        try:
            self._load_version(version)
        except (ArtefactVerificationError, ValueError) as error:
            if version.artefact_id not in self.failures_by_digest:
                log.error("model_not_staged", version=str(version), error=type(error).__name__)
            self.failures_by_digest = {**self.failures_by_digest, version.artefact_id: str(error)[:200]}


def read_verified_artefact(version: ModelVersion) -> bytes:
    """Return the bytes of the artefact after checking both digests.

    Raises :class:`ArtefactVerificationError`.
    """
    content = bytes(version.artefact.content)
    if sha256(content) != version.artefact_id:
        raise ArtefactVerificationError(GateSentence.ALTERED.format(version=version))
    signed = (version.artefact_id, version.name, version.version, version.schema_hash)
    if not verify_digest(DigestPurpose.ARTEFACT, version.artefact_hmac, *signed):
        raise ArtefactVerificationError(GateSentence.FOREIGN.format(version=version))
    return content


def read_live_generation() -> int | None:
    """Return the newest live generation from Redis, else the database, else ``None``."""
    try:
        cached = call_redis(lambda store: store.get(_GENERATION_KEY))
        if cached is not None:
            return int(cached)
    except RedisUnavailableError:
        pass
    try:
        generation = _query_live_generation()
    except DatabaseError:
        return None
    publish_generation(generation)
    return generation


def publish_generation(generation: int) -> None:
    """Publish the live generation in Redis; without Redis processes read it from the database."""
    try:
        call_redis(lambda store: store.set(_GENERATION_KEY, generation, ex=_GENERATION_TTL_SECONDS))
    except RedisUnavailableError:
        log.info("generation_not_published", generation=generation)


def _raise_swap_alert(generation: int, error: Exception) -> None:
    """Raise an alert; without a database only the log entry remains."""
    try:
        raise_alert("model_swap_failed", str(generation), f"generation {generation}: {type(error).__name__}")
    except DatabaseError:
        log.error("alert_not_raised", rule="model_swap_failed")


def _query_live_generation() -> int:
    return LiveSlot.objects.aggregate(newest=Max("deployment_id"))["newest"] or 0
