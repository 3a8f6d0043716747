"""The three decisions on a pair of names, and how a nullable boolean stores them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy


class Decision(models.TextChoices):
    """A decision on the difference between two names: ``True``, ``False`` or ``None`` in the tables."""

    IMMATERIAL = "immaterial", gettext_lazy("Immaterial")
    MATERIAL = "material", gettext_lazy("Material")
    CANNOT_TELL = "cannot_tell", gettext_lazy("Cannot tell")

    @classmethod
    def from_material(cls, material: bool | None) -> Decision:
        """Return the decision that a table stores as ``material``."""
        if material is None:
            return cls.CANNOT_TELL
        return cls.MATERIAL if material else cls.IMMATERIAL

    @property
    def material(self) -> bool | None:
        """The stored form: whether the difference is material, ``None`` for *cannot tell*."""
        return None if self is Decision.CANNOT_TELL else self is Decision.MATERIAL
