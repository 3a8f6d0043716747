from typing import Literal

EffectEnum = Literal['equal', 'material', 'model', 'review']

EFFECT_ENUM_VALUES: set[EffectEnum] = { 'equal', 'material', 'model', 'review',  }

def check_effect_enum(value: str) -> EffectEnum:
    if value in EFFECT_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {EFFECT_ENUM_VALUES!r}")
