from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast
from uuid import UUID

if TYPE_CHECKING:
  from ..models.key import Key





T = TypeVar("T", bound="Me")



@_attrs_define
class Me:
    """ Who is asking. Describes :func:`me`.

     """

    api_key: Key | None
    """ Null when a token was used. """
    email: str
    id: UUID
    name: str
    permissions: list[str]
    role: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.key import Key # noqa: PLC0415
        api_key: dict[str, Any] | None
        if isinstance(self.api_key, Key):
            api_key = self.api_key.to_dict()
        else:
            api_key = self.api_key

        email = self.email

        id = str(self.id)

        name = self.name

        permissions = self.permissions



        role = self.role


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "api_key": api_key,
            "email": email,
            "id": id,
            "name": name,
            "permissions": permissions,
            "role": role,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.key import Key # noqa: PLC0415
        d = dict(src_dict)
        def _parse_api_key(data: object) -> Key | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                api_key_type_1 = Key.from_dict(data)



                return api_key_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Key | None, data)

        api_key = _parse_api_key(d.pop("api_key"))


        email = d.pop("email")

        id = UUID(d.pop("id"))




        name = d.pop("name")

        permissions = cast(list[str], d.pop("permissions"))


        role = d.pop("role")

        me = cls(
            api_key=api_key,
            email=email,
            id=id,
            name=name,
            permissions=permissions,
            role=role,
        )


        me.additional_properties = d
        return me

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
