from typing import Literal

PredictionsProfile = Literal['contract', 'general', 'kyc', 'lc', 'sanctions', 'strict', 'ucc']

PREDICTIONS_PROFILE_VALUES: set[PredictionsProfile] = { 'contract', 'general', 'kyc', 'lc', 'sanctions', 'strict', 'ucc',  }

def check_predictions_profile(value: str) -> PredictionsProfile:
    if value in PREDICTIONS_PROFILE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PREDICTIONS_PROFILE_VALUES!r}")
