from typing import Literal

KindEnum = Literal['auto', 'individual', 'organisation']

KIND_ENUM_VALUES: set[KindEnum] = { 'auto', 'individual', 'organisation',  }

def check_kind_enum(value: str) -> KindEnum:
    if value in KIND_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {KIND_ENUM_VALUES!r}")
