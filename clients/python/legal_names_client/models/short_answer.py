from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.verdict_enum import check_verdict_enum
from ..models.verdict_enum import VerdictEnum
from typing import cast
from uuid import UUID
import datetime

if TYPE_CHECKING:
  from ..models.model import Model





T = TypeVar("T", bound="ShortAnswer")



@_attrs_define
class ShortAnswer:
    """ One answer in a list. Describes :func:`short_answer`.

     """

    cached: bool
    categories: list[str]
    """ Of the differences found. """
    confidence: float
    """ Probability of the stated prediction. """
    created_at: datetime.datetime
    id: UUID
    kind: str
    model: Model
    """ The version that scored. """
    name1: str
    """ As sent; empty after erasure. """
    name2: str
    """ As sent; empty after erasure. """
    prediction: bool
    """ True: the difference is material. """
    profile: str
    verdict: VerdictEnum
    """ * `immaterial` - immaterial
    * `review` - review
    * `material` - material """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.model import Model # noqa: PLC0415
        cached = self.cached

        categories = self.categories



        confidence = self.confidence

        created_at = self.created_at.isoformat()

        id = str(self.id)

        kind = self.kind

        model = self.model.to_dict()

        name1 = self.name1

        name2 = self.name2

        prediction = self.prediction

        profile = self.profile

        verdict: str = self.verdict


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "cached": cached,
            "categories": categories,
            "confidence": confidence,
            "created_at": created_at,
            "id": id,
            "kind": kind,
            "model": model,
            "name1": name1,
            "name2": name2,
            "prediction": prediction,
            "profile": profile,
            "verdict": verdict,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.model import Model # noqa: PLC0415
        d = dict(src_dict)
        cached = d.pop("cached")

        categories = cast(list[str], d.pop("categories"))


        confidence = d.pop("confidence")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))




        id = UUID(d.pop("id"))




        kind = d.pop("kind")

        model = Model.from_dict(d.pop("model"))




        name1 = d.pop("name1")

        name2 = d.pop("name2")

        prediction = d.pop("prediction")

        profile = d.pop("profile")

        verdict = check_verdict_enum(d.pop("verdict"))




        short_answer = cls(
            cached=cached,
            categories=categories,
            confidence=confidence,
            created_at=created_at,
            id=id,
            kind=kind,
            model=model,
            name1=name1,
            name2=name2,
            prediction=prediction,
            profile=profile,
            verdict=verdict,
        )


        short_answer.additional_properties = d
        return short_answer

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
