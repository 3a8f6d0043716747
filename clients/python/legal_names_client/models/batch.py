from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.profile_enum import check_profile_enum
from ..models.profile_enum import ProfileEnum
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.question import Question





T = TypeVar("T", bound="Batch")



@_attrs_define
class Batch:
    """ Up to 1,000 questions, and the profile of those that name none.

     """

    pairs: list[Question]
    profile: ProfileEnum | Unset = 'general'
    """ * `contract` - contract
    * `general` - general
    * `kyc` - kyc
    * `lc` - lc
    * `sanctions` - sanctions
    * `strict` - strict
    * `ucc` - ucc """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.question import Question # noqa: PLC0415
        pairs = []
        for pairs_item_data in self.pairs:
            pairs_item = pairs_item_data.to_dict()
            pairs.append(pairs_item)



        profile: str | Unset = UNSET
        if not isinstance(self.profile, Unset):
            profile = self.profile



        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "pairs": pairs,
        })
        if profile is not UNSET:
            field_dict["profile"] = profile

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.question import Question # noqa: PLC0415
        d = dict(src_dict)
        pairs = []
        _pairs = d.pop("pairs")
        for pairs_item_data in (_pairs):
            pairs_item = Question.from_dict(pairs_item_data)



            pairs.append(pairs_item)


        _profile = d.pop("profile", UNSET)
        profile: ProfileEnum | Unset
        if isinstance(_profile,  Unset):
            profile = UNSET
        else:
            profile = check_profile_enum(_profile)




        batch = cls(
            pairs=pairs,
            profile=profile,
        )


        batch.additional_properties = d
        return batch

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
