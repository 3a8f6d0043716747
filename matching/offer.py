"""The profiles this installation offers: the seven of the product, and registers' tests where wanted."""

from __future__ import annotations

from django.conf import settings

from matching.engine import Profile, profiles, registry_profiles


def offered() -> dict[str, Profile]:
    """Profiles that may be asked for, by id; those of registers only with ``REGISTRY_PROFILES``."""
    return {**profiles(), **registry_profiles()} if settings.REGISTRY_PROFILES else profiles()
