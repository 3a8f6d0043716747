from typing import Literal

RegisterEnum = Literal['name1', 'name2']

REGISTER_ENUM_VALUES: set[RegisterEnum] = { 'name1', 'name2',  }

def check_register_enum(value: str) -> RegisterEnum:
    if value in REGISTER_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REGISTER_ENUM_VALUES!r}")
