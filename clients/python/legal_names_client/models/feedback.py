from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
from uuid import UUID






T = TypeVar("T", bound="Feedback")



@_attrs_define
class Feedback:
    """ A client's objection to, or agreement with, one of its own predictions.

     """

    prediction: UUID
    user_correction: bool
    """ True: you say the difference is material. """
    confidence_score: None | str | Unset = UNSET
    feedback_text: str | Unset = ''
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        prediction = str(self.prediction)

        user_correction = self.user_correction

        confidence_score: None | str | Unset
        if isinstance(self.confidence_score, Unset):
            confidence_score = UNSET
        else:
            confidence_score = self.confidence_score

        feedback_text = self.feedback_text


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "prediction": prediction,
            "user_correction": user_correction,
        })
        if confidence_score is not UNSET:
            field_dict["confidence_score"] = confidence_score
        if feedback_text is not UNSET:
            field_dict["feedback_text"] = feedback_text

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        prediction = UUID(d.pop("prediction"))




        user_correction = d.pop("user_correction")

        def _parse_confidence_score(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        confidence_score = _parse_confidence_score(d.pop("confidence_score", UNSET))


        feedback_text = d.pop("feedback_text", UNSET)

        feedback = cls(
            prediction=prediction,
            user_correction=user_correction,
            confidence_score=confidence_score,
            feedback_text=feedback_text,
        )


        feedback.additional_properties = d
        return feedback

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
