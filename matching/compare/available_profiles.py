"""The profiles this installation offers: the seven of the product, and registers' tests where wanted."""

from __future__ import annotations

from django.conf import settings

from matching.engine import Profile, load_profiles, load_registry_profiles


def get_available_profiles() -> dict[str, Profile]:
    """Profiles that may be asked for, by id; those of registers only with ``REGISTRY_PROFILES``."""
    return {**load_profiles(), **load_registry_profiles()} if settings.REGISTRY_PROFILES else load_profiles()
