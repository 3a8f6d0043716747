from typing import Literal

PredictionsExportVerdict = Literal['immaterial', 'material', 'review']

PREDICTIONS_EXPORT_VERDICT_VALUES: set[PredictionsExportVerdict] = { 'immaterial', 'material', 'review',  }

def check_predictions_export_verdict(value: str) -> PredictionsExportVerdict:
    if value in PREDICTIONS_EXPORT_VERDICT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PREDICTIONS_EXPORT_VERDICT_VALUES!r}")
