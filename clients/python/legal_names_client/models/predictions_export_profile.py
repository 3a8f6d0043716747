from typing import Literal

PredictionsExportProfile = Literal['contract', 'general', 'kyc', 'lc', 'sanctions', 'strict', 'ucc']

PREDICTIONS_EXPORT_PROFILE_VALUES: set[PredictionsExportProfile] = { 'contract', 'general', 'kyc', 'lc', 'sanctions', 'strict', 'ucc',  }

def check_predictions_export_profile(value: str) -> PredictionsExportProfile:
    if value in PREDICTIONS_EXPORT_PROFILE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PREDICTIONS_EXPORT_PROFILE_VALUES!r}")
