"""The profiles of this installation: those of the product, and those of registers if enabled."""

from __future__ import annotations

from django.conf import settings

from matching.engine import Profile, load_profiles, load_registry_profiles


def get_available_profiles() -> dict[str, Profile]:
    """Return the profiles a request may name, by id; with ``REGISTRY_PROFILES`` also those of registers."""
    return {**load_profiles(), **load_registry_profiles()} if settings.REGISTRY_PROFILES else load_profiles()
