"""Users and their roles."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID, uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import connection, models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The job of a user. Each role is also the name of the group that holds its permissions."""

    USER = "user", _("User")
    CLIENT = "client", _("Client application")
    REVIEWER = "reviewer", _("Reviewer")
    LEAD = "lead", _("Lead reviewer")
    MODEL_ENGINEER = "model_engineer", _("Model engineer")
    APPROVER = "approver", _("Approver")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


class Language(models.TextChoices):
    """The languages of pages, letters and answers, each by its own name; English is the source."""

    ENGLISH = "en", "English"
    GERMAN = "de", "Deutsch"


class UserManager(BaseUserManager["User"]):
    """Creates users, finds them by e-mail address without regard to case, and reads their permissions."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user who can sign in. Raises ``ValueError`` without an e-mail address."""
        if not email:
            raise ValueError("a user needs an e-mail address")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an administrator with every permission."""
        administrator = {"role": Role.ADMINISTRATOR, "is_staff": True, "is_superuser": True}
        return self.create_user(email, password, **(fields | administrator))

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user with an e-mail address. Raises ``User.DoesNotExist``."""
        return self.get(email=(username or "").strip().lower())

    def get_with_permissions(self, pk: UUID | str | None) -> User | None:
        """Return a user together with their permissions in one query, or ``None`` if there is no such user.

        The statement is written by hand because building it with the ORM takes longer than running it.
        """
        columns = [field.attname for field in self.model._meta.concrete_fields]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(columns)}, permissions_of(id) FROM users WHERE id = %s", [pk])  # noqa: S608 - names of our own columns
            row = cursor.fetchone()
        if row is None:
            return None
        user = self.model.from_db(connection.alias, columns, row[:-1])
        user.granted_permissions = frozenset(row[-1])
        return user

    def read_permissions(self, pk: UUID) -> frozenset[str]:
        """Return the permissions of a user and of their role as ``app.codename``, read now."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT permissions_of(%s)", [pk])
            return frozenset(cursor.fetchone()[0])


class User(AbstractBaseUser, PermissionsMixin):
    """A person or a client application. Users are deactivated, never deleted: their actions stay recorded."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.USER)
    is_active = models.BooleanField(default=True, help_text="Clear this instead of deleting a user.")
    is_staff = models.BooleanField("may open the admin", default=False)
    language = models.CharField(
        max_length=8,
        choices=Language.choices,
        blank=True,
        default="",
        db_default="",
        help_text="Of pages and letters; empty: that of the browser.",
    )
    must_change_password = models.BooleanField(
        "must change the password", default=False, help_text="Before anything else, at the next sign-in."
    )
    scim_external_id = models.CharField(
        "id at the identity provider", max_length=254, blank=True, default="", editable=False
    )
    monthly_pairs = models.PositiveBigIntegerField(
        "pairs a month",
        null=True,
        blank=True,
        editable=False,
        help_text="The most that may be sent in a calendar month; empty for no bound.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    granted_permissions: frozenset[str] | None = None
    """Permissions as ``app.codename``; ``None`` until they are read for this request."""

    class Meta:
        db_table = "users"
        ordering = ("email",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="users_email_is_lower_case"
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="users_role_is_known"),
            models.CheckConstraint(
                condition=models.Q(language__in=["", *Language.values]), name="users_language_is_known"
            ),
        )
        permissions = (("assign_role", "Can give roles and access: role, e-mail, password, active or not"),)

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Normalise the e-mail address to the stored form: trimmed and in lower case."""
        self.email = self.email.strip().lower()

    def get_full_name(self) -> str:
        """Return the name, or the e-mail address of a user without a name."""
        return self.name or self.email

    def get_short_name(self) -> str:
        """Return the first word of the name, or the e-mail address of a user without a name."""
        return self.name.split(" ")[0] or self.email
