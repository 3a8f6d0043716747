from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.every_profile_name_1 import EveryProfileName1
  from ..models.every_profile_name_2 import EveryProfileName2
  from ..models.profile_answer import ProfileAnswer





T = TypeVar("T", bound="EveryProfile")



@_attrs_define
class EveryProfile:
    """ One pair under every profile. Describes :func:`every_answer`.

     """

    disclaimer: str
    kind: str
    name1: EveryProfileName1
    """ The first name as parsed. """
    name2: EveryProfileName2
    """ The second name as parsed. """
    profiles: list[ProfileAnswer]
    rules_version: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.every_profile_name_1 import EveryProfileName1 # noqa: PLC0415
        from ..models.every_profile_name_2 import EveryProfileName2 # noqa: PLC0415
        from ..models.profile_answer import ProfileAnswer # noqa: PLC0415
        disclaimer = self.disclaimer

        kind = self.kind

        name1 = self.name1.to_dict()

        name2 = self.name2.to_dict()

        profiles = []
        for profiles_item_data in self.profiles:
            profiles_item = profiles_item_data.to_dict()
            profiles.append(profiles_item)



        rules_version = self.rules_version


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "disclaimer": disclaimer,
            "kind": kind,
            "name1": name1,
            "name2": name2,
            "profiles": profiles,
            "rules_version": rules_version,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.every_profile_name_1 import EveryProfileName1 # noqa: PLC0415
        from ..models.every_profile_name_2 import EveryProfileName2 # noqa: PLC0415
        from ..models.profile_answer import ProfileAnswer # noqa: PLC0415
        d = dict(src_dict)
        disclaimer = d.pop("disclaimer")

        kind = d.pop("kind")

        name1 = EveryProfileName1.from_dict(d.pop("name1"))




        name2 = EveryProfileName2.from_dict(d.pop("name2"))




        profiles = []
        _profiles = d.pop("profiles")
        for profiles_item_data in (_profiles):
            profiles_item = ProfileAnswer.from_dict(profiles_item_data)



            profiles.append(profiles_item)


        rules_version = d.pop("rules_version")

        every_profile = cls(
            disclaimer=disclaimer,
            kind=kind,
            name1=name1,
            name2=name2,
            profiles=profiles,
            rules_version=rules_version,
        )


        every_profile.additional_properties = d
        return every_profile

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
