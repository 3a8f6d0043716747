"""Client of the Legal Name Comparison API.

>>> client = Client("https://names.example", "lnc_…")
>>> client.compare("Acme, Inc.", "ACME Incorporated", profile="kyc").verdict
'immaterial'
"""

from legal_names_client.asynchronous.client import AsyncClient
from legal_names_client.asynchronous.jobs import AsyncBulkJob
from legal_names_client.asynchronous.sessions import AsyncSession
from legal_names_client.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    ConnectionLostError,
    FieldFault,
    IdempotencyKeyReusedError,
    InvalidRequestError,
    JobFailedError,
    LegalNamesError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from legal_names_client.rate_limit import RateLimit
from legal_names_client.retry import RetryPolicy
from legal_names_client.synchronous.client import Client
from legal_names_client.synchronous.jobs import BulkJob
from legal_names_client.synchronous.sessions import Session
from legal_names_client.webhooks import ForgedMessageError, WebhookMessage, verify_webhook

__all__ = [
    "ApiError",
    "AsyncBulkJob",
    "AsyncClient",
    "AsyncSession",
    "AuthenticationError",
    "BulkJob",
    "Client",
    "ConflictError",
    "ConnectionLostError",
    "FieldFault",
    "ForgedMessageError",
    "IdempotencyKeyReusedError",
    "InvalidRequestError",
    "JobFailedError",
    "LegalNamesError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimit",
    "RateLimitedError",
    "RetryPolicy",
    "Session",
    "UnavailableError",
    "UnexpectedAnswerError",
    "WebhookMessage",
    "verify_webhook",
]
