from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field
import json
from .. import types

from ..types import UNSET, Unset

from ..models.format_enum import check_format_enum
from ..models.format_enum import FormatEnum
from ..models.kind_enum import check_kind_enum
from ..models.kind_enum import KindEnum
from ..models.profile_enum import check_profile_enum
from ..models.profile_enum import ProfileEnum
from ..types import File, FileTypes
from ..types import UNSET, Unset
from io import BytesIO
from typing import cast






T = TypeVar("T", bound="JobRequest")



@_attrs_define
class JobRequest:
    """ A file of pairs, and how it is to be read.

     """

    file: File
    """ CSV, XLSX or JSON Lines; CSV and JSON Lines in UTF-8. """
    column1: str | Unset = 'name1'
    """ Column of the first name. """
    column2: str | Unset = 'name2'
    """ Column of the second name. """
    format_: FormatEnum | Unset = UNSET
    """ * `csv` - csv
    * `xlsx` - xlsx
    * `jsonl` - jsonl """
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
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        file = self.file.to_tuple()


        column1 = self.column1

        column2 = self.column2

        format_: str | Unset = UNSET
        if not isinstance(self.format_, Unset):
            format_ = self.format_


        kind: str | Unset = UNSET
        if not isinstance(self.kind, Unset):
            kind = self.kind


        profile: str | Unset = UNSET
        if not isinstance(self.profile, Unset):
            profile = self.profile



        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "file": file,
        })
        if column1 is not UNSET:
            field_dict["column1"] = column1
        if column2 is not UNSET:
            field_dict["column2"] = column2
        if format_ is not UNSET:
            field_dict["format"] = format_
        if kind is not UNSET:
            field_dict["kind"] = kind
        if profile is not UNSET:
            field_dict["profile"] = profile

        return field_dict


    def to_multipart(self) -> types.RequestFiles:
        files: types.RequestFiles = []

        files.append(("file", self.file.to_tuple()))



        if not isinstance(self.column1, Unset):
            files.append(("column1", (None, str(self.column1).encode(), "text/plain")))



        if not isinstance(self.column2, Unset):
            files.append(("column2", (None, str(self.column2).encode(), "text/plain")))



        if not isinstance(self.format_, Unset):
            files.append(("format", (None, str(self.format_).encode(), "text/plain")))



        if not isinstance(self.kind, Unset):
            files.append(("kind", (None, str(self.kind).encode(), "text/plain")))



        if not isinstance(self.profile, Unset):
            files.append(("profile", (None, str(self.profile).encode(), "text/plain")))




        for prop_name, prop in self.additional_properties.items():
            files.append((prop_name, (None, str(prop).encode(), "text/plain")))



        return files


    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        file = File(
             payload = BytesIO(d.pop("file"))
        )




        column1 = d.pop("column1", UNSET)

        column2 = d.pop("column2", UNSET)

        _format_ = d.pop("format", UNSET)
        format_: FormatEnum | Unset
        if isinstance(_format_,  Unset):
            format_ = UNSET
        else:
            format_ = check_format_enum(_format_)




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




        job_request = cls(
            file=file,
            column1=column1,
            column2=column2,
            format_=format_,
            kind=kind,
            profile=profile,
        )


        job_request.additional_properties = d
        return job_request

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
