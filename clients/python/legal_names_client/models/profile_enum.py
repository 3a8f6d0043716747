from typing import Literal

ProfileEnum = Literal['contract', 'general', 'kyc', 'lc', 'sanctions', 'strict', 'ucc']

PROFILE_ENUM_VALUES: set[ProfileEnum] = { 'contract', 'general', 'kyc', 'lc', 'sanctions', 'strict', 'ucc',  }

def check_profile_enum(value: str) -> ProfileEnum:
    if value in PROFILE_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PROFILE_ENUM_VALUES!r}")
