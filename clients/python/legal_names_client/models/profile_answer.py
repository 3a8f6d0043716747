from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.verdict_enum import check_verdict_enum
from ..models.verdict_enum import VerdictEnum
from typing import cast

if TYPE_CHECKING:
  from ..models.difference import Difference
  from ..models.model import Model





T = TypeVar("T", bound="ProfileAnswer")



@_attrs_define
class ProfileAnswer:
    """ What one profile says about a pair.

     """

    confidence: float
    """ Probability of the stated prediction. """
    decided_by: str
    differences: list[Difference]
    material_probability: float
    missing_fact: None | str
    """ For review: what would settle it. """
    model: Model
    """ The version that scored. """
    prediction: bool
    """ True: the difference is material. """
    profile: str
    reason: str
    """ One plain sentence. """
    title: str
    verdict: VerdictEnum
    """ * `immaterial` - immaterial
    * `review` - review
    * `material` - material """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.difference import Difference # noqa: PLC0415
        from ..models.model import Model # noqa: PLC0415
        confidence = self.confidence

        decided_by = self.decided_by

        differences = []
        for differences_item_data in self.differences:
            differences_item = differences_item_data.to_dict()
            differences.append(differences_item)



        material_probability = self.material_probability

        missing_fact: None | str
        missing_fact = self.missing_fact

        model = self.model.to_dict()

        prediction = self.prediction

        profile = self.profile

        reason = self.reason

        title = self.title

        verdict: str = self.verdict


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "confidence": confidence,
            "decided_by": decided_by,
            "differences": differences,
            "material_probability": material_probability,
            "missing_fact": missing_fact,
            "model": model,
            "prediction": prediction,
            "profile": profile,
            "reason": reason,
            "title": title,
            "verdict": verdict,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.difference import Difference # noqa: PLC0415
        from ..models.model import Model # noqa: PLC0415
        d = dict(src_dict)
        confidence = d.pop("confidence")

        decided_by = d.pop("decided_by")

        differences = []
        _differences = d.pop("differences")
        for differences_item_data in (_differences):
            differences_item = Difference.from_dict(differences_item_data)



            differences.append(differences_item)


        material_probability = d.pop("material_probability")

        def _parse_missing_fact(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        missing_fact = _parse_missing_fact(d.pop("missing_fact"))


        model = Model.from_dict(d.pop("model"))




        prediction = d.pop("prediction")

        profile = d.pop("profile")

        reason = d.pop("reason")

        title = d.pop("title")

        verdict = check_verdict_enum(d.pop("verdict"))




        profile_answer = cls(
            confidence=confidence,
            decided_by=decided_by,
            differences=differences,
            material_probability=material_probability,
            missing_fact=missing_fact,
            model=model,
            prediction=prediction,
            profile=profile,
            reason=reason,
            title=title,
            verdict=verdict,
        )


        profile_answer.additional_properties = d
        return profile_answer

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
