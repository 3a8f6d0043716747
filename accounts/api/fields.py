"""Fields of request bodies that read JSON strictly."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class StrictTextField(serializers.CharField):
    """A string; numbers are refused, because JSON drops their leading zeros."""

    def to_internal_value(self, data: Any) -> str:
        """Accept a string. Raises ``ValidationError`` for anything else."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)
