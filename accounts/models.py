"""People, their keys, and the record of what they did."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import connection, models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7

IDEMPOTENCY_TTL = timedelta(hours=24)
"""How long a request may be repeated by its key."""

_CLAIM_SQL = """
INSERT INTO kept_answers AS kept (place, user_id, body_digest, created_at, status, answer)
VALUES (%(place)s, %(user)s, %(body)s, %(now)s, 0, '')
ON CONFLICT (place) DO UPDATE
SET body_digest = excluded.body_digest, created_at = excluded.created_at, status = 0, answer = ''
WHERE kept.created_at < %(expired)s
"""


class Role(models.TextChoices):
    """What a person is here for. Each role is also the group that holds its permissions."""

    USER = "user", "User"
    CLIENT = "client", "Client application"
    REVIEWER = "reviewer", "Reviewer"
    LEAD = "lead", "Lead reviewer"
    MODEL_ENGINEER = "model_engineer", "Model engineer"
    APPROVER = "approver", "Approver"
    AUDITOR = "auditor", "Auditor"
    ADMINISTRATOR = "administrator", "Administrator"


class UserManager(BaseUserManager["User"]):
    """Makes users, finds them by e-mail, whatever its case, and reads what they may do."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a person who can sign in. Raises ``ValueError`` without an e-mail address."""
        if not email:
            raise ValueError("a user needs an e-mail address")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an administrator with every permission."""
        every = {"role": Role.ADMINISTRATOR, "is_staff": True, "is_superuser": True}
        return self.create_user(email, password, **(fields | every))

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a person by e-mail address. Raises ``User.DoesNotExist``."""
        return self.get(email=(username or "").strip().lower())

    def get_with_permissions(self, pk: UUID | str | None) -> User | None:
        """Return who sent a request together with what they may do, in one query, or nothing for nobody.

        Written out, because to have this statement composed anew took longer than to run it.
        """
        columns = [field.attname for field in self.model._meta.concrete_fields]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(columns)}, permissions_of(id) FROM users WHERE id = %s", [pk])  # noqa: S608 - names of our own columns
            row = cursor.fetchone()
        if row is None:
            return None
        person = self.model.from_db(connection.alias, columns, row[:-1])
        person.granted_permissions = frozenset(row[-1])
        return person

    def read_permissions(self, pk: UUID) -> frozenset[str]:
        """Return ``app.codename`` of everything that role and person are granted now."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT permissions_of(%s)", [pk])
            return frozenset(cursor.fetchone()[0])


class User(AbstractBaseUser, PermissionsMixin):
    """A person or a client application. People who acted are deactivated, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.USER)
    is_active = models.BooleanField(default=True, help_text="Clear this instead of deleting a person.")
    is_staff = models.BooleanField("may open the admin", default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    granted_permissions: frozenset[str] | None = None
    """What the person may do, as ``app.codename``, once it was read for this request."""

    class Meta:
        db_table = "users"
        ordering = ("email",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="users_email_is_lower_case"
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="users_role_is_known"),
        )

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Write the e-mail address the one way it is stored."""
        self.email = self.email.strip().lower()

    def get_full_name(self) -> str:
        """Return the name, or the e-mail address of a person without one."""
        return self.name or self.email

    def get_short_name(self) -> str:
        """Return what to call the person in a greeting."""
        return self.name.split(" ")[0] or self.email


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Reads of API keys."""

    def usable(self, at: datetime) -> ApiKeyQuerySet:
        """Keys neither revoked nor expired whose owner may sign in."""
        alive = models.Q(expires_at=None) | models.Q(expires_at__gt=at)
        return self.filter(alive, revoked_at=None, user__is_active=True)


class ApiKey(models.Model):
    """A machine's way in. Only a public prefix and a peppered digest are kept; the key is shown once."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="What uses this key, in words.")
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(default=list, blank=True, help_text="compare, read, feedback")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        db_table = "api_keys"
        verbose_name = "API key"
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_usable(self) -> bool:
        """Say whether the key opens anything now (its owner apart)."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


class AuditEvent(models.Model):
    """Something that was done, by whom, to what.

    Written with the change, never altered; triggers see to it.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=60, db_index=True)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "audit_events"
        ordering = ("-id",)
        indexes = (models.Index(fields=["object_type", "object_id"], name="audit_events_object"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.object_type} {self.object_id}"


class AuditSeal(models.Model):
    """One link of the hash chain over the audit events, added seconds after the event."""

    seq = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="seal")
    prev_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "audit_seals"
        ordering = ("seq",)

    def __str__(self) -> str:
        return f"{self.seq}: {self.hash[:12]}"


class IdempotentResponseQuerySet(models.QuerySet["IdempotentResponse"]):
    """Reads of kept answers, and the one statement that claims a place."""

    def expired(self) -> IdempotentResponseQuerySet:
        """Answers that are no longer repeated."""
        return self.filter(created_at__lt=timezone.now() - IDEMPOTENCY_TTL)

    def claim(self, row: IdempotentResponse) -> bool:
        """Insert the row and say whether its place was free or expired.

        Waits for a transaction that is filling the place; one that fails leaves it free.
        """
        now = row.created_at
        values: dict[str, str | UUID | datetime] = {
            "place": row.place,
            "user": row.user_id,
            "body": row.body_digest,
            "now": now,
            "expired": now - IDEMPOTENCY_TTL,
        }
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM_SQL, values)
            return bool(cursor.rowcount)


class IdempotentResponse(models.Model):
    """The answer to a request that may come again by its key; it may quote names, so it is encrypted."""

    place = models.CharField(max_length=64, primary_key=True, help_text="Digest of person, address and key.")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    body_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    status = models.PositiveSmallIntegerField(default=0, help_text="Of the answer; 0 while it is made.")
    answer = EncryptedTextField(default="")

    objects = IdempotentResponseQuerySet.as_manager()

    class Meta:
        db_table = "kept_answers"

    def __str__(self) -> str:
        return f"{self.status} of {self.created_at:%Y-%m-%d %H:%M:%S}"


class KeyRotation(models.Model):
    """How far moving one table to one key has come; a rotation that was killed goes on from here."""

    id = models.BigAutoField(primary_key=True)
    key_id = models.CharField(max_length=12, help_text="Name of the key that everything is moved to.")
    table = models.CharField(max_length=63)
    last_pk = models.CharField(max_length=64, blank=True, help_text="Rows up to here are done.")
    rows_seen = models.PositiveBigIntegerField(default=0)
    rows_rewritten = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "key_rotations"
        constraints = (
            models.UniqueConstraint(fields=["key_id", "table"], name="key_rotations_one_per_table"),
        )

    def __str__(self) -> str:
        return f"{self.table} to {self.key_id}: {self.rows_seen} rows seen, {self.rows_rewritten} rewritten"


class Erasure(models.Model):
    """Names and words that must go: of a person or client, of one name, or of a certain age.

    The row stays as the proof of what was asked and what came of it; the name itself goes with the rest.
    """

    class Subject(models.TextChoices):
        """What is erased."""

        PREDICTION = "answer", "One answer"
        USER = "person", "All that one account sent"
        NAME = "name", "One name, whoever sent it"
        AGE = "age", "All that is older than the rule allows"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.CharField(max_length=6, choices=Subject.choices)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="erasures")
    answer = models.UUIDField(null=True, blank=True)
    account = models.BooleanField(default=False, help_text="The account's own e-mail address and name too.")
    name = EncryptedTextField(blank=True, default="", help_text="Kept until the erasure is finished.")
    before = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500)
    requested_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict, help_text="Rows blanked, by table.")

    class Meta:
        db_table = "erasures"
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(subject="person", user__isnull=False)
                | models.Q(subject="answer", answer__isnull=False)
                | models.Q(subject="age", before__isnull=False)
                | models.Q(subject="name"),
                name="erasures_say_of_what",
            ),
        )
        permissions = (("erase_names", "Can erase names for good"),)

    def __str__(self) -> str:
        return f"{self.get_subject_display()}, {self.requested_at:%Y-%m-%d %H:%M}"

    @cached_property
    def run_cache(self) -> dict[str, Any]:
        """What one run found out, so that the next table need not look for it again."""
        return {}


class RetentionRule(models.Model):
    """How many days one kind of data is kept; empty: for ever."""

    key = models.CharField(max_length=40, primary_key=True)
    days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Older is removed every night. Empty: kept for ever."
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "retention_rules"
        ordering = ("key",)

    def __str__(self) -> str:
        return self.key.replace("_", " ")
