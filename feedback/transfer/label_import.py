"""Import labelled pairs from a file: preview and validate each row, then store all rows or none."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from import_export.exceptions import ImportError as UnreadableError
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.tmp_storages import BaseStorage

from accounts.audit import trail
from accounts.models import User
from feedback.models import MAX_REASON_LENGTH, Decision, Feedback, FeedbackSource, ImportPreview
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.engine import EngineError, load_profiles
from matching.models import Prediction, PredictionSource
from matching.pair_digest import compute_pair_digest

MAX_ROWS = 2_000
"""Rows of one file; larger sets are for `manage.py retrain --pairs`."""

COLUMNS = ("name1", "name2", "answer", "profile", "kind", "reason")
_REQUIRED_COLUMNS = ("name1", "name2", "answer")
_ANSWERS = (Decision.MATERIAL, Decision.IMMATERIAL)
_KINDS = ("auto", "organisation", "individual")


class ImportPreviewStorage(BaseStorage):  # type: ignore[misc]  # the package ships no types
    """Keeps a file between preview and confirmation in :class:`ImportPreview`."""

    def save(self, data: bytes | str) -> None:
        """Store the file and remember its id as the name."""
        raw = data.encode(self.encoding or "utf-8") if isinstance(data, str) else data
        self.name = str(ImportPreview.objects.create(content=b64encode(raw).decode("ascii")).pk)

    def read(self) -> bytes | str:
        """Return the file. Raises ``ImportPreview.DoesNotExist`` when it was deleted meanwhile."""
        raw = b64decode(ImportPreview.objects.get(pk=self.name).content)
        return raw if "b" in self.read_mode else raw.decode(self.encoding or "utf-8-sig")

    def remove(self) -> None:
        """Delete the file."""
        ImportPreview.objects.filter(pk=self.name).delete()


def claim_preview(name: str, user: User) -> None:
    """Remember who uploaded a file."""
    ImportPreview.objects.filter(pk=name).update(user=user)


def has_preview(name: str, user: User) -> bool:
    """Say whether a file that the user uploaded is still there."""
    try:
        return ImportPreview.objects.filter(pk=UUID(name), user=user).exists()
    except ValueError:
        return False


class LabelResource(ModelResource):  # type: ignore[misc]  # as above
    """One row: two names, the answer about them, the profile, the kind and the reason."""

    name1 = Field(column_name="name1", attribute="prediction__name1", readonly=True)
    name2 = Field(column_name="name2", attribute="prediction__name2", readonly=True)
    answer = Field(column_name="answer", attribute="decision", readonly=True)
    profile = Field(column_name="profile", attribute="prediction__profile", readonly=True)
    kind = Field(column_name="kind", attribute="prediction__kind", readonly=True)
    reason = Field(column_name="reason", attribute="feedback_text", readonly=True)

    class Meta:
        model = Feedback
        fields = COLUMNS
        import_id_fields = ()
        use_transactions = True
        skip_unchanged = True
        clean_model_instances = False

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Refuse a file without the needed columns, or with more than ``MAX_ROWS`` rows."""
        missing = [column for column in _REQUIRED_COLUMNS if column not in (dataset.headers or [])]
        if missing:
            raise UnreadableError(
                gettext("There is no column {names}; needed are {names2}.").format(
                    names=", ".join(missing), names2=", ".join(_REQUIRED_COLUMNS)
                )
            )
        if len(dataset) > MAX_ROWS:
            raise UnreadableError(
                gettext("The file has {number} rows; at most {max_rows} are imported at once.").format(
                    number=len(dataset), max_rows=MAX_ROWS
                )
            )
        self.actor: User = kwargs["user"]

    def get_instance(self, instance_loader: Any, row: dict[str, Any]) -> None:
        """Treat every row as new."""
        return

    def import_instance(self, instance: Feedback, row: dict[str, Any], **kwargs: Any) -> None:
        """Compare the pair of a row and label it. Raises ``ValidationError`` with a message per column."""
        request, material = _parse_row(row)
        label = _find_imported_label(request)
        if label is not None and label.user_correction is not material:
            answer = label.decision
            raise ValidationError(
                {"answer": f"This pair was imported as {answer} before, under this profile."}
            )
        instance.prediction = label.prediction if label else _compare_pair(self.actor, request)
        instance.user_correction, instance.feedback_text = (
            material,
            _read_cell(row, "reason")[:MAX_REASON_LENGTH],
        )
        instance.reviewer, instance.source = self.actor, FeedbackSource.IMPORT
        instance.model_id = instance.prediction.model_id
        self.is_duplicate = label is not None

    def skip_row(
        self, instance: Feedback, original: Any, row: Any, import_validation_errors: Any = None
    ) -> bool:
        """Skip a pair that was imported with this answer before."""
        return not import_validation_errors and self.is_duplicate

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Record the import in the audit trail, unless it is a preview or has errors."""
        if not kwargs.get("dry_run") and not result.has_errors():
            trail.record_event("feedback.imported", self.actor, self.actor, rows=dict(result.totals))


def _read_cell(row: dict[str, Any], column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value).strip()


def _parse_row(row: dict[str, Any]) -> tuple[CompareRequest, bool]:
    """Return the request of a row and its answer."""
    answer, profile = _read_cell(row, "answer").lower(), _read_cell(row, "profile") or "general"
    kind = _read_cell(row, "kind").lower() or "auto"
    errors = {}
    if answer not in _ANSWERS:
        errors["answer"] = "Write material or immaterial."
    if profile not in load_profiles():
        errors["profile"] = f"Write one of {', '.join(load_profiles())}, or nothing for general."
    if kind not in _KINDS:
        errors["kind"] = f"Write one of {', '.join(_KINDS)}, or nothing."
    errors |= {name: "Write a name." for name in ("name1", "name2") if not _read_cell(row, name)}
    if errors:
        raise ValidationError(errors)
    request = CompareRequest(_read_cell(row, "name1"), _read_cell(row, "name2"), profile, kind)
    return request, answer == Decision.MATERIAL


def _find_imported_label(request: CompareRequest) -> Feedback | None:
    """Return what was imported earlier about the same pair under the same profile."""
    digest = compute_pair_digest(request.name1, request.name2)
    rows = Feedback.objects.filter(source=FeedbackSource.IMPORT, prediction__profile=request.profile)
    return rows.filter(prediction__pair_digest=digest).select_related("prediction").order_by("-id").first()


def _compare_pair(actor: User, request: CompareRequest) -> Prediction:
    """Compare a pair and store the prediction without sampling it for review."""
    try:
        prediction = compare_and_store(actor, request, PredictionSource.IMPORT)
    except EngineError as error:
        raise ValidationError({"name1": str(error)}) from error
    prediction.stream, prediction.selection_probability = "", None
    prediction.save(update_fields=["stream", "selection_probability"])
    return prediction
