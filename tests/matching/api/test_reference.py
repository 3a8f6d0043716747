"""The reference pages say what the rules say."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from matching.management.commands.reference import REFERENCE_PAGES


@pytest.mark.parametrize(("name", "page"), REFERENCE_PAGES.items())
def test_the_page_in_docs_is_the_one_the_rules_give(name: str, page: Callable[[], str]) -> None:
    written = (Path(settings.BASE_DIR) / "docs" / name).read_text(encoding="utf-8")
    assert written == page(), "run manage.py reference"


def test_every_category_and_profile_has_its_place() -> None:
    text = REFERENCE_PAGES["categories.md"]()
    assert text.count("\n## ") == 67
    assert all(f"`{name}`" in REFERENCE_PAGES["profiles.md"]() for name in ("general", "ucc", "lc"))
