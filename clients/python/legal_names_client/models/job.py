from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.format_enum import check_format_enum
from ..models.format_enum import FormatEnum
from ..models.status_enum import check_status_enum
from ..models.status_enum import StatusEnum
from typing import cast
from uuid import UUID
import datetime

if TYPE_CHECKING:
  from ..models.model import Model





T = TypeVar("T", bound="Job")



@_attrs_define
class Job:
    """ How far a job is. Describes :func:`job_answer`.

     """

    created_at: datetime.datetime
    error: None | str
    """ Why the whole job failed. """
    file_name: str
    """ As uploaded. """
    finished_at: datetime.datetime | None
    format_: FormatEnum
    """ * `csv` - csv
    * `xlsx` - xlsx
    * `jsonl` - jsonl """
    id: UUID
    kind: str
    model: Model | None
    """ The one version that answers every row. """
    profile: str
    progress: float
    """ From 0 to 1. """
    rows_done: int
    rows_failed: int
    """ Rows whose `error` says what is wrong with them. """
    rows_per_second: float | None
    rows_total: int | None
    """ Null until the file was read. """
    rules_version: str
    seconds_left: int | None
    """ At this rate. """
    started_at: datetime.datetime | None
    status: StatusEnum
    """ * `queued` - queued
    * `running` - running
    * `succeeded` - succeeded
    * `failed` - failed
    * `cancelled` - cancelled """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.model import Model # noqa: PLC0415
        created_at = self.created_at.isoformat()

        error: None | str
        error = self.error

        file_name = self.file_name

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        format_: str = self.format_

        id = str(self.id)

        kind = self.kind

        model: dict[str, Any] | None
        if isinstance(self.model, Model):
            model = self.model.to_dict()
        else:
            model = self.model

        profile = self.profile

        progress = self.progress

        rows_done = self.rows_done

        rows_failed = self.rows_failed

        rows_per_second: float | None
        rows_per_second = self.rows_per_second

        rows_total: int | None
        rows_total = self.rows_total

        rules_version = self.rules_version

        seconds_left: int | None
        seconds_left = self.seconds_left

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        status: str = self.status


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "created_at": created_at,
            "error": error,
            "file_name": file_name,
            "finished_at": finished_at,
            "format": format_,
            "id": id,
            "kind": kind,
            "model": model,
            "profile": profile,
            "progress": progress,
            "rows_done": rows_done,
            "rows_failed": rows_failed,
            "rows_per_second": rows_per_second,
            "rows_total": rows_total,
            "rules_version": rules_version,
            "seconds_left": seconds_left,
            "started_at": started_at,
            "status": status,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.model import Model # noqa: PLC0415
        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))




        def _parse_error(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error = _parse_error(d.pop("error"))


        file_name = d.pop("file_name")

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)



                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))


        format_ = check_format_enum(d.pop("format"))




        id = UUID(d.pop("id"))




        kind = d.pop("kind")

        def _parse_model(data: object) -> Model | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                model_type_1 = Model.from_dict(data)



                return model_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Model | None, data)

        model = _parse_model(d.pop("model"))


        profile = d.pop("profile")

        progress = d.pop("progress")

        rows_done = d.pop("rows_done")

        rows_failed = d.pop("rows_failed")

        def _parse_rows_per_second(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        rows_per_second = _parse_rows_per_second(d.pop("rows_per_second"))


        def _parse_rows_total(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        rows_total = _parse_rows_total(d.pop("rows_total"))


        rules_version = d.pop("rules_version")

        def _parse_seconds_left(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        seconds_left = _parse_seconds_left(d.pop("seconds_left"))


        def _parse_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_at_type_0 = datetime.datetime.fromisoformat(data)



                return started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started_at = _parse_started_at(d.pop("started_at"))


        status = check_status_enum(d.pop("status"))




        job = cls(
            created_at=created_at,
            error=error,
            file_name=file_name,
            finished_at=finished_at,
            format_=format_,
            id=id,
            kind=kind,
            model=model,
            profile=profile,
            progress=progress,
            rows_done=rows_done,
            rows_failed=rows_failed,
            rows_per_second=rows_per_second,
            rows_total=rows_total,
            rules_version=rules_version,
            seconds_left=seconds_left,
            started_at=started_at,
            status=status,
        )


        job.additional_properties = d
        return job

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
