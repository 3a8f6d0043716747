from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.kind_enum import check_kind_enum
from ..models.kind_enum import KindEnum
from ..models.profile_enum import check_profile_enum
from ..models.profile_enum import ProfileEnum
from ..models.register_enum import check_register_enum
from ..models.register_enum import RegisterEnum
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.question_identifiers_1 import QuestionIdentifiers1
  from ..models.question_identifiers_2 import QuestionIdentifiers2





T = TypeVar("T", bound="Question")



@_attrs_define
class Question:
    """ Two names, what is known about them, and the profile under which they are read.

     """

    name1: str
    name2: str
    identifiers1: QuestionIdentifiers1 | Unset = UNSET
    identifiers2: QuestionIdentifiers2 | Unset = UNSET
    jurisdiction1: None | str | Unset = UNSET
    jurisdiction2: None | str | Unset = UNSET
    kind: KindEnum | Unset = 'auto'
    """ * `auto` - auto
    * `organisation` - organisation
    * `individual` - individual """
    profile: ProfileEnum | Unset = 'general'
    """ * `contract` - contract
    * `general` - general
    * `kyc` - kyc
    * `lc` - lc
    * `sanctions` - sanctions
    * `strict` - strict
    * `ucc` - ucc """
    register: None | RegisterEnum | Unset = UNSET
    """ Which name is the registered one.

    * `name1` - name1
    * `name2` - name2 """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.question_identifiers_1 import QuestionIdentifiers1 # noqa: PLC0415
        from ..models.question_identifiers_2 import QuestionIdentifiers2 # noqa: PLC0415
        name1 = self.name1

        name2 = self.name2

        identifiers1: dict[str, Any] | Unset = UNSET
        if not isinstance(self.identifiers1, Unset):
            identifiers1 = self.identifiers1.to_dict()

        identifiers2: dict[str, Any] | Unset = UNSET
        if not isinstance(self.identifiers2, Unset):
            identifiers2 = self.identifiers2.to_dict()

        jurisdiction1: None | str | Unset
        if isinstance(self.jurisdiction1, Unset):
            jurisdiction1 = UNSET
        else:
            jurisdiction1 = self.jurisdiction1

        jurisdiction2: None | str | Unset
        if isinstance(self.jurisdiction2, Unset):
            jurisdiction2 = UNSET
        else:
            jurisdiction2 = self.jurisdiction2

        kind: str | Unset = UNSET
        if not isinstance(self.kind, Unset):
            kind = self.kind


        profile: str | Unset = UNSET
        if not isinstance(self.profile, Unset):
            profile = self.profile


        register: None | str | Unset
        if isinstance(self.register, Unset):
            register = UNSET
        elif isinstance(self.register, str):
            register = self.register
        else:
            register = self.register


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "name1": name1,
            "name2": name2,
        })
        if identifiers1 is not UNSET:
            field_dict["identifiers1"] = identifiers1
        if identifiers2 is not UNSET:
            field_dict["identifiers2"] = identifiers2
        if jurisdiction1 is not UNSET:
            field_dict["jurisdiction1"] = jurisdiction1
        if jurisdiction2 is not UNSET:
            field_dict["jurisdiction2"] = jurisdiction2
        if kind is not UNSET:
            field_dict["kind"] = kind
        if profile is not UNSET:
            field_dict["profile"] = profile
        if register is not UNSET:
            field_dict["register"] = register

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.question_identifiers_1 import QuestionIdentifiers1 # noqa: PLC0415
        from ..models.question_identifiers_2 import QuestionIdentifiers2 # noqa: PLC0415
        d = dict(src_dict)
        name1 = d.pop("name1")

        name2 = d.pop("name2")

        _identifiers1 = d.pop("identifiers1", UNSET)
        identifiers1: QuestionIdentifiers1 | Unset
        if isinstance(_identifiers1,  Unset):
            identifiers1 = UNSET
        else:
            identifiers1 = QuestionIdentifiers1.from_dict(_identifiers1)




        _identifiers2 = d.pop("identifiers2", UNSET)
        identifiers2: QuestionIdentifiers2 | Unset
        if isinstance(_identifiers2,  Unset):
            identifiers2 = UNSET
        else:
            identifiers2 = QuestionIdentifiers2.from_dict(_identifiers2)




        def _parse_jurisdiction1(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        jurisdiction1 = _parse_jurisdiction1(d.pop("jurisdiction1", UNSET))


        def _parse_jurisdiction2(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        jurisdiction2 = _parse_jurisdiction2(d.pop("jurisdiction2", UNSET))


        _kind = d.pop("kind", UNSET)
        kind: KindEnum | Unset
        if isinstance(_kind,  Unset):
            kind = UNSET
        else:
            kind = check_kind_enum(_kind)




        _profile = d.pop("profile", UNSET)
        profile: ProfileEnum | Unset
        if isinstance(_profile,  Unset):
            profile = UNSET
        else:
            profile = check_profile_enum(_profile)




        def _parse_register(data: object) -> None | RegisterEnum | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                register_type_0 = check_register_enum(data)



                return register_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RegisterEnum | Unset, data)

        register = _parse_register(d.pop("register", UNSET))


        question = cls(
            name1=name1,
            name2=name2,
            identifiers1=identifiers1,
            identifiers2=identifiers2,
            jurisdiction1=jurisdiction1,
            jurisdiction2=jurisdiction2,
            kind=kind,
            profile=profile,
            register=register,
        )


        question.additional_properties = d
        return question

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
