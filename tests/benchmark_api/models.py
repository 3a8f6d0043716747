"""The one row that the yardstick inserts."""

from django.conf import settings
from django.db import models

from accounts.ids import uuid7


class Note(models.Model):
    """Two texts of a person."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    text1 = models.TextField()
    text2 = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "benchmark_api"

    def __str__(self) -> str:
        return str(self.pk)
