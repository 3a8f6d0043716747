from typing import Literal

StatusEnum = Literal['cancelled', 'failed', 'queued', 'running', 'succeeded']

STATUS_ENUM_VALUES: set[StatusEnum] = { 'cancelled', 'failed', 'queued', 'running', 'succeeded',  }

def check_status_enum(value: str) -> StatusEnum:
    if value in STATUS_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {STATUS_ENUM_VALUES!r}")
