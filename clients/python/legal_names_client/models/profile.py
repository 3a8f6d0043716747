from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.profile_effects import ProfileEffects





T = TypeVar("T", bound="Profile")



@_attrs_define
class Profile:
    """ One profile. Describes :func:`profile_rows`.

     """

    date: str
    effects: ProfileEffects
    """ Category -> effect. """
    id: str
    sources: list[str]
    summary: str
    title: str
    version: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.profile_effects import ProfileEffects # noqa: PLC0415
        date = self.date

        effects = self.effects.to_dict()

        id = self.id

        sources = self.sources



        summary = self.summary

        title = self.title

        version = self.version


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "date": date,
            "effects": effects,
            "id": id,
            "sources": sources,
            "summary": summary,
            "title": title,
            "version": version,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.profile_effects import ProfileEffects # noqa: PLC0415
        d = dict(src_dict)
        date = d.pop("date")

        effects = ProfileEffects.from_dict(d.pop("effects"))




        id = d.pop("id")

        sources = cast(list[str], d.pop("sources"))


        summary = d.pop("summary")

        title = d.pop("title")

        version = d.pop("version")

        profile = cls(
            date=date,
            effects=effects,
            id=id,
            sources=sources,
            summary=summary,
            title=title,
            version=version,
        )


        profile.additional_properties = d
        return profile

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
