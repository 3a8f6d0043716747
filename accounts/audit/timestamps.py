"""Time stamps of checkpoints by a time-stamp authority (RFC 3161): they existed at that time."""

from __future__ import annotations

from pathlib import Path

from cryptography.x509 import load_pem_x509_certificates
from django.conf import settings
from rfc3161_client import (
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from accounts.http_post import ReceiverError, post_to_operator

_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


def request_timestamp(message: bytes) -> tuple[bytes, str]:
    """Return the response of the authority in DER, and its time, for the SHA-512 of a message.

    The response must be signed under ``AUDIT_TSA_CERTIFICATES`` and answer this very request. Raises
    ``OSError`` otherwise.
    """
    request = TimestampRequestBuilder().data(message).nonce(nonce=True).build()
    raw = post_to_operator(settings.AUDIT_TSA_URL, request.as_bytes(), _HEADERS)
    try:
        response = decode_timestamp_response(raw)
        verifier = VerifierBuilder(nonce=request.nonce)
        for certificate in load_pem_x509_certificates(Path(settings.AUDIT_TSA_CERTIFICATES).read_bytes()):
            verifier = verifier.add_root_certificate(certificate)
        verifier.build().verify_message(response, message)
    except (ValueError, VerificationError) as error:
        raise ReceiverError(f"the time stamp cannot be trusted: {error}") from error
    return raw, response.tst_info.gen_time.isoformat()
