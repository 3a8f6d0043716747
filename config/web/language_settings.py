"""Languages: English is the source of every text, ``locale/`` holds the translations."""

from __future__ import annotations

from pathlib import Path

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
"""Those of ``accounts.models.Language``; settings are read before models."""
LOCALE_PATHS = [Path(__file__).resolve().parents[2] / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = True
