"""Write the reference pages of categories and profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from matching.reference import render_authorities_page, render_categories_page, render_profiles_page

REFERENCE_PAGES = {
    "authorities.md": render_authorities_page,
    "categories.md": render_categories_page,
    "profiles.md": render_profiles_page,
}


class Command(BaseCommand):
    """``manage.py reference``: the reference pages of docs/ from the rule data."""

    help = "Write docs/authorities.md, docs/categories.md and docs/profiles.md from the rule data."
    requires_system_checks = ()

    def handle(self, **_options: Any) -> None:
        """Write all pages."""
        docs = Path(settings.BASE_DIR) / "docs"
        for name, page in REFERENCE_PAGES.items():
            (docs / name).write_text(page(), encoding="utf-8")
            self.stdout.write(f"docs/{name}")
