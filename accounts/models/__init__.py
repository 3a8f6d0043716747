"""The tables of accounts: users, API keys, the audit trail, stored responses and privacy work."""

from accounts.models.audit import AuditAnchor, AuditCheckpoint, AuditEvent, AuditForwarding, AuditSeal
from accounts.models.idempotency import IDEMPOTENCY_TTL, IdempotentResponse, IdempotentResponseQuerySet
from accounts.models.keys import ApiKey, ApiKeyAddress, ApiKeyQuerySet, KeyRotation
from accounts.models.privacy import Erasure, RetentionRule
from accounts.models.second_factor import SecondFactorSecret
from accounts.models.token_sessions import TokenSession, TokenSessionQuerySet
from accounts.models.usage import ApiUsage
from accounts.models.users import Language, Role, User, UserManager

__all__ = [
    "IDEMPOTENCY_TTL",
    "ApiKey",
    "ApiKeyAddress",
    "ApiKeyQuerySet",
    "ApiUsage",
    "AuditAnchor",
    "AuditCheckpoint",
    "AuditEvent",
    "AuditForwarding",
    "AuditSeal",
    "Erasure",
    "IdempotentResponse",
    "IdempotentResponseQuerySet",
    "KeyRotation",
    "Language",
    "RetentionRule",
    "Role",
    "SecondFactorSecret",
    "TokenSession",
    "TokenSessionQuerySet",
    "User",
    "UserManager",
]
