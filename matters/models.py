"""Matters with their members, and organisations with their accounts.

A row of another table that belongs to no matter is as it was before there were matters. One that belongs to a
matter is seen by the members of the matter alone: :mod:`matters.wall`.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7

NUMBER_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""Client and matter numbers: no spaces and no slash, so that a reference is no name and is read one way."""

MAX_NUMBER_LENGTH = 30


class Organisation(models.Model):
    """A customer whose accounts share the history of what belongs to no matter."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "organisations"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class OrganisationAccount(models.Model):
    """An account of an organisation; an account belongs to one at most."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="accounts")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "organisation_accounts"
        ordering = ("added_at",)

    def __str__(self) -> str:
        return gettext("{user} in {organisation}").format(user=self.user, organisation=self.organisation)


class Matter(models.Model):
    """A case of a client. The numbers are plain text; the note is encrypted, because it may hold a name.

    Two people may use the same numbers without learning of one another, so they are unique for each of them
    alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client_number = models.CharField(max_length=MAX_NUMBER_LENGTH)
    matter_number = models.CharField(max_length=MAX_NUMBER_LENGTH)
    note = EncryptedTextField(blank=True, default="", help_text="What the matter is about; members read it.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="From then on nothing is added.")
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "matters"
        ordering = ("-id",)
        permissions = (
            ("use_matters", "Can have matters, and see those of which one is a member"),
            ("administer_matters", "Can see which matters there are, and add or remove their members"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["created_by", "client_number", "matter_number"], name="matters_once_for_each_author"
            ),
            models.CheckConstraint(
                condition=Q(client_number__regex=NUMBER_PATTERN, matter_number__regex=NUMBER_PATTERN),
                name="matters_numbers_are_no_names",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None)
                | Q(closed_at__gte=models.F("created_at"), closed_by__isnull=False),
                name="matters_closed_by_someone",
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """The reference of the case: client number, a slash, matter number."""
        return f"{self.client_number}/{self.matter_number}"

    @property
    def is_open(self) -> bool:
        """Return whether comparisons and jobs can be added."""
        return self.closed_at is None


class MatterMember(models.Model):
    """A member of a matter. A manager changes it, closes and opens it, and adds and removes members."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_manager = models.BooleanField(default=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "matter_members"
        ordering = ("added_at", "id")
        constraints = (models.UniqueConstraint(fields=["user", "matter"], name="matter_members_once"),)

    def __str__(self) -> str:
        return gettext("{user} in {matter}").format(user=self.user, matter=self.matter)
