from typing import Literal

PredictionsExportFile = Literal['csv', 'jsonl', 'xlsx']

PREDICTIONS_EXPORT_FILE_VALUES: set[PredictionsExportFile] = { 'csv', 'jsonl', 'xlsx',  }

def check_predictions_export_file(value: str) -> PredictionsExportFile:
    if value in PREDICTIONS_EXPORT_FILE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PREDICTIONS_EXPORT_FILE_VALUES!r}")
