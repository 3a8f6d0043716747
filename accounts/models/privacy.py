"""Erasures of names, and the retention rules."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from accounts.dates import format_moment
from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7
from accounts.models.users import User


class Erasure(models.Model):
    """A request to erase names and texts that quote them.

    It selects by sender, by one name, by one prediction or by age. The row stays as proof of the request and
    of its outcome; the name in it is erased with the rest.
    """

    class Subject(models.TextChoices):
        """What is erased."""

        PREDICTION = "prediction", gettext_lazy("One prediction")
        USER = "user", gettext_lazy("Everything one user sent")
        NAME = "name", gettext_lazy("One name, whoever sent it")
        AGE = "age", gettext_lazy("Everything older than the retention rule allows")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.CharField(max_length=10, choices=Subject.choices)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="erasures")
    prediction_id = models.UUIDField("prediction", null=True, blank=True)
    account = models.BooleanField(
        default=False, help_text="Also erases the user's own e-mail address and name."
    )
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
                condition=models.Q(subject="user", user__isnull=False)
                | models.Q(subject="prediction", prediction_id__isnull=False)
                | models.Q(subject="age", before__isnull=False)
                | models.Q(subject="name"),
                name="erasures_say_of_what",
            ),
        )
        permissions = (("erase_names", "Can erase names for good"),)

    def __str__(self) -> str:
        return f"{self.get_subject_display()}, {format_moment(self.requested_at)}"

    @cached_property
    def run_cache(self) -> dict[str, Any]:
        """Results of one run that several tables need, so that each is computed once."""
        return {}


class RetentionRule(models.Model):
    """How many days one kind of data is kept; ``None``: without limit."""

    key = models.CharField(max_length=40, primary_key=True)
    days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Older data is removed every night. Empty: kept for ever."
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "retention_rules"
        ordering = ("key",)

    def __str__(self) -> str:
        return self.key.replace("_", " ")
