"""What a client meets as refusals of the API, and what to do about each."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Problem(NamedTuple):
    """A kind of refusal: its code, what it means, and what to do."""

    status: int
    code: str
    meaning: Promise
    remedy: Promise


PROBLEMS = (
    Problem(
        400,
        "invalid",
        _("Something in the request cannot be used."),
        _("Read errors: each names its field and lists what is known. Correct and send again."),
    ),
    Problem(400, "parse_error", _("The body is not JSON."), _("The detail names line and column.")),
    Problem(
        401, "not_authenticated", _("There are no credentials."), _("Send the header that the detail shows.")
    ),
    Problem(
        401,
        "authentication_failed",
        _("The key or password opens nothing."),
        _("Look at the page of your keys: revoked, expired or mistyped?"),
    ),
    Problem(
        401, "key_sent_as_token", _("An API key was sent as Bearer."), _("Send Authorization: Api-Key lnc_…")
    ),
    Problem(
        401, "token_sent_as_key", _("An access token was sent as Api-Key."), _("Send Authorization: Bearer …")
    ),
    Problem(401, "token_not_valid", _("The access token has ended."), _("Refresh it, or sign in again.")),
    Problem(
        403,
        "permission_denied",
        _("The role or the scopes of the key do not allow it."),
        _("The detail names the scope; make a key that has it."),
    ),
    Problem(
        404,
        "not_found",
        _("There is nothing there, or it belongs to somebody else."),
        _("Check the id; an address that leads nowhere names the nearest."),
    ),
    Problem(
        405,
        "method_not_allowed",
        _("The address has no such method."),
        _("The header Allow lists the right ones."),
    ),
    Problem(
        409,
        "conflict",
        _("It contradicts what is stored, such as feedback given twice."),
        _("Read the state first; the code says what stands in the way."),
    ),
    Problem(
        413,
        "too_large",
        _("The body is larger than the server reads."),
        _("Send smaller batches, or a file as a job."),
    ),
    Problem(
        415,
        "unsupported_media_type",
        _("The body has another media type."),
        _("Send application/json; for jobs multipart/form-data."),
    ),
    Problem(
        422,
        "idempotency_key_reused",
        _("The Idempotency-Key was used with another body."),
        _("Send a new key with a new request."),
    ),
    Problem(
        429,
        "quota_exceeded",
        _("The pairs of this month are used up."),
        _("Wait until resets_at, or ask an administrator for more."),
    ),
    Problem(429, "throttled", _("A rate limit is used up."), _("Wait the seconds of Retry-After.")),
    Problem(
        503,
        "unavailable",
        _("A part does not answer. Nothing was stored."),
        _("Send the same again after Retry-After seconds."),
    ),
    Problem(
        507, "storage_full", _("There is no room for a file."), _("Try again after Retry-After seconds.")
    ),
)
