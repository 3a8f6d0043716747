"""A slow limit of wrong passwords for one account from all addresses together.

Lock-outs are by account and address, so somebody with many addresses could go on guessing. Above this limit
a password alone signs nobody in to the account any more, right or wrong; a second factor beside it still
does, as do a passkey, an identity provider and a new password set by e-mail. So guessing never keeps the
owner out.
"""

from __future__ import annotations

from django.conf import settings
from django.utils.crypto import salted_hmac

from accounts.auth.throttles import clear_units, consume_units, has_units
from accounts.redis_client import RedisUnavailableError
from accounts.usage.rates import RateLimit


def record_wrong_password(email: str) -> None:
    """Count a wrong password; above the limit nothing is counted, so failures never prolong it."""
    try:
        consume_units(_build_key(email), _get_rate())
    except RedisUnavailableError:
        return  # the sign-in views refuse every attempt meanwhile


def is_password_enough(email: str) -> bool:
    """Return whether a password alone may sign in; ``False`` while failures cannot be counted."""
    try:
        return has_units(_build_key(email), _get_rate())
    except RedisUnavailableError:
        return False


def forget_wrong_passwords(email: str) -> None:
    """Forget the failures of an account, because its password is a new one. Redis may be away."""
    try:
        clear_units(_build_key(email))
    except RedisUnavailableError:
        return


def _get_rate() -> RateLimit:
    return RateLimit.parse(settings.ACCOUNT_FAILURE_RATE)


def _build_key(email: str) -> str:
    return f"wrong-password:{salted_hmac('accounts.password_limit', email).hexdigest()}"
