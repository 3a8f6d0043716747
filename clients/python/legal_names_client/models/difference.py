from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.effect_enum import check_effect_enum
from ..models.effect_enum import EffectEnum
from typing import cast






T = TypeVar("T", bound="Difference")



@_attrs_define
class Difference:
    """ One named, located difference.

     """

    authority: str
    category: str
    """ Id of the category, such as O08. """
    effect: EffectEnum
    """ * `equal` - equal
    * `model` - model
    * `review` - review
    * `material` - material """
    explanation: str
    rule: str
    span1: list[int] | None
    span2: list[int] | None
    text1: str
    text2: str
    title: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        authority = self.authority

        category = self.category

        effect: str = self.effect

        explanation = self.explanation

        rule = self.rule

        span1: list[int] | None
        if isinstance(self.span1, list):
            span1 = self.span1


        else:
            span1 = self.span1

        span2: list[int] | None
        if isinstance(self.span2, list):
            span2 = self.span2


        else:
            span2 = self.span2

        text1 = self.text1

        text2 = self.text2

        title = self.title


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "authority": authority,
            "category": category,
            "effect": effect,
            "explanation": explanation,
            "rule": rule,
            "span1": span1,
            "span2": span2,
            "text1": text1,
            "text2": text2,
            "title": title,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        authority = d.pop("authority")

        category = d.pop("category")

        effect = check_effect_enum(d.pop("effect"))




        explanation = d.pop("explanation")

        rule = d.pop("rule")

        def _parse_span1(data: object) -> list[int] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                span1_type_0 = cast(list[int], data)

                return span1_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[int] | None, data)

        span1 = _parse_span1(d.pop("span1"))


        def _parse_span2(data: object) -> list[int] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                span2_type_0 = cast(list[int], data)

                return span2_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[int] | None, data)

        span2 = _parse_span2(d.pop("span2"))


        text1 = d.pop("text1")

        text2 = d.pop("text2")

        title = d.pop("title")

        difference = cls(
            authority=authority,
            category=category,
            effect=effect,
            explanation=explanation,
            rule=rule,
            span1=span1,
            span2=span2,
            text1=text1,
            text2=text2,
            title=title,
        )


        difference.additional_properties = d
        return difference

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
