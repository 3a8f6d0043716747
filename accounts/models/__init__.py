"""The tables of accounts: users, API keys, the audit trail, stored responses and privacy work."""

from accounts.models.audit import AuditEvent, AuditSeal
from accounts.models.idempotency import IDEMPOTENCY_TTL, IdempotentResponse, IdempotentResponseQuerySet
from accounts.models.keys import ApiKey, ApiKeyQuerySet, KeyRotation
from accounts.models.privacy import Erasure, RetentionRule
from accounts.models.users import Role, User, UserManager

__all__ = [
    "IDEMPOTENCY_TTL",
    "ApiKey",
    "ApiKeyQuerySet",
    "AuditEvent",
    "AuditSeal",
    "Erasure",
    "IdempotentResponse",
    "IdempotentResponseQuerySet",
    "KeyRotation",
    "RetentionRule",
    "Role",
    "User",
    "UserManager",
]
