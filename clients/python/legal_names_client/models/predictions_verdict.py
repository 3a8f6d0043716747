from typing import Literal

PredictionsVerdict = Literal['immaterial', 'material', 'review']

PREDICTIONS_VERDICT_VALUES: set[PredictionsVerdict] = { 'immaterial', 'material', 'review',  }

def check_predictions_verdict(value: str) -> PredictionsVerdict:
    if value in PREDICTIONS_VERDICT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PREDICTIONS_VERDICT_VALUES!r}")
