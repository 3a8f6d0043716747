from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="Category")



@_attrs_define
class Category:
    """ One category of difference. Describes :func:`category_rows`.

     """

    authority: str
    example: list[str]
    explanation: str
    id: str
    missing_fact: None | str
    subject: str
    title: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        authority = self.authority

        example = self.example



        explanation = self.explanation

        id = self.id

        missing_fact: None | str
        missing_fact = self.missing_fact

        subject = self.subject

        title = self.title


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "authority": authority,
            "example": example,
            "explanation": explanation,
            "id": id,
            "missing_fact": missing_fact,
            "subject": subject,
            "title": title,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        authority = d.pop("authority")

        example = cast(list[str], d.pop("example"))


        explanation = d.pop("explanation")

        id = d.pop("id")

        def _parse_missing_fact(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        missing_fact = _parse_missing_fact(d.pop("missing_fact"))


        subject = d.pop("subject")

        title = d.pop("title")

        category = cls(
            authority=authority,
            example=example,
            explanation=explanation,
            id=id,
            missing_fact=missing_fact,
            subject=subject,
            title=title,
        )


        category.additional_properties = d
        return category

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
