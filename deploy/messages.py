"""``python -m deploy.messages``: brings the catalogues of translations up to date, and compiles them.

Texts are found where they are written: ``{% translate %}`` and ``{% blocktranslate %}`` in templates, the
functions of gettext in Python, the names and help texts of models, the sentences of the engine, and the texts
of the admin's theme, which comes without translations. A new text is added without a translation, a
text that is gone is dropped; what is translated stays. ``tests/project/test_translations.py`` fails while
something is missing.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import django
import polib
import unfold
from django import conf
from django.apps import apps
from django.contrib import admin, auth
from django.template import engines
from django.template.base import Variable
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

from accounts.language import model_texts
from experiments import metrics
from matching.engine.language.translation import list_texts
from matching.jobs.formats import sentences
from modelops import alert_rules
from modelops.sentences import SENTENCES
from modelops.validation.titles import GATE_TITLES

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "locale"
PLURAL_FORMS = {"de": "nplurals=2; plural=(n != 1);"}
"""The languages of the catalogues, with the rule by which a number chooses a plural."""

_FUNCTIONS = {
    "gettext": 1,
    "gettext_lazy": 1,
    "gettext_noop": 1,
    "ngettext": 2,
    "ngettext_lazy": 2,
    "_": 1,
}
"""Functions that translate, with the number of their texts."""
_TEXTS_IN_TAGS = re.compile(r"""_\("([^"]+)"\)""")
"""Texts that a template passes to a tag or a filter."""


_THEME_TEMPLATES = (
    *(f"templates/{part}" for part in ("admin", "auth", "registration", "unfold")),
    *(f"contrib/{part}/templates" for part in ("filters", "forms", "import_export")),
)
"""The parts of the theme that this product shows."""


class Text(NamedTuple):
    """A text to translate with its plural, where it is found, and whether names in it are ``%(name)s``."""

    singular: str
    plural: str
    place: str
    is_percent_format: bool = False


def collect_texts() -> list[Text]:
    """Return every text to translate, in the order of the files; needs Django to be set up."""
    templates = [text for path in sorted((ROOT / "templates").rglob("*.*")) for text in _read_template(path)]
    configs = [config for config in apps.get_app_configs() if Path(config.path).parent == ROOT]
    folders = sorted(Path(config.path) for config in configs)
    code = [text for folder in folders for path in sorted(folder.rglob("*.py")) for text in _read_code(path)]
    return [*templates, *code, *_read_models(), *_read_pure_code(), *_read_theme()]


def _read_template(path: Path, root: Path = ROOT) -> Iterator[Text]:
    place, source = str(path.relative_to(root)), path.read_text(encoding="utf-8")
    yield from [Text(found, "", place) for found in _TEXTS_IN_TAGS.findall(source)]
    nodes = engines["django"].engine.from_string(source).nodelist  # type: ignore[attr-defined]
    for node in nodes.get_nodes_by_type(TranslateNode):
        variable = node.filter_expression.var
        if isinstance(variable, Variable) and isinstance(variable.literal, str):
            # Django doubles percent signs of templates before it looks a text up.
            yield Text(variable.literal.replace("%", "%%"), "", place, "%" in variable.literal)
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        singular, names = node.render_token_list(node.singular)
        plural, more = node.render_token_list(node.plural) if node.plural else ("", [])
        yield Text(singular, plural, place, bool(names or more))


def _read_code(path: Path, root: Path = ROOT) -> Iterator[Text]:
    place = str(path.relative_to(root))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        literals = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        texts = [text for text in literals[: _FUNCTIONS.get(name, 0)] if isinstance(text, str) and text]
        if texts:
            yield Text(texts[0], texts[1] if len(texts) > 1 else "", place)


def _read_models() -> Iterator[Text]:
    """Find the texts of the models whose rows the admin shows."""
    shown = {model: model_admin.inlines for model, model_admin in admin.site._registry.items()}
    models = [model for outer, inlines in shown.items() for model in (outer, *(row.model for row in inlines))]
    own = [model for model in models if Path(apps.get_app_config(model._meta.app_label).path).parent == ROOT]
    for model in sorted(own, key=lambda model: model._meta.label):
        place = f"{model._meta.app_label}/models"
        yield from [Text(text, "", place) for text in model_texts.list_texts([model]) if text]


def _read_theme() -> Iterator[Text]:
    """Find the texts of the theme's pages that neither Django nor its admin translates."""
    folder = Path(unfold.__file__).parent
    known = _list_translated_by_django()
    pages = [path for part in _THEME_TEMPLATES for path in sorted((folder / part).rglob("*.html"))]
    texts = [text for path in pages for text in _read_template(path, folder.parent)]
    texts += [text for path in sorted(folder.glob("*.py")) for text in _read_code(path, folder.parent)]
    yield from [text for text in texts if text.singular not in known]


def _list_translated_by_django() -> set[str]:
    files = [
        Path(package.__file__ or "").parent / "locale" / language / "LC_MESSAGES" / "django.po"
        for package in (admin, auth, conf)
        for language in PLURAL_FORMS
    ]
    return {entry.msgid for path in files for entry in polib.pofile(str(path)) if entry.translated()}


def _read_pure_code() -> Iterator[Text]:
    """Find the texts of what imports no Django, and so cannot mark them."""
    yield from [Text(text, "", "matching/engine") for text in list_texts()]
    yield from [Text(text, "", "experiments/metrics.py") for text in metrics.list_texts()]
    yield from [Text(text, "", "modelops/alert_rules.py") for text in alert_rules.list_texts()]
    yield from [Text(text, "", "modelops/validation") for text in GATE_TITLES]
    yield from [Text(text, "", "matching/jobs/formats/sentences.py") for text in sentences.SENTENCES]
    yield from [Text(text, "", "modelops/sentences.py") for text in SENTENCES]


def update_catalogue(path: Path, language: str, texts: Sequence[Text]) -> polib.POFile:
    """Return the catalogue with exactly these texts, what was translated kept."""
    known = {entry.msgid: entry for entry in polib.pofile(str(path))} if path.exists() else {}
    catalogue = polib.POFile(wrapwidth=110)
    catalogue.metadata = {
        "Project-Id-Version": "legal-name-comparison",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURAL_FORMS[language],
    }
    for singular, (plural, is_percent_format, places) in _merge(texts).items():
        old = known.get(singular)
        entry = polib.POEntry(msgid=singular, occurrences=[(place, "") for place in places])
        entry.msgstr = old.msgstr if old and not plural else ""
        if plural:
            entry.msgid_plural = plural
            entry.msgstr_plural = old.msgstr_plural if old and old.msgid_plural else {0: "", 1: ""}
        entry.flags = ["python-format"] if is_percent_format else []
        catalogue.append(entry)
    return catalogue


def _merge(texts: Sequence[Text]) -> dict[str, tuple[str, bool, list[str]]]:
    """Return each text once, with its plural and all places in which it is found."""
    merged: dict[str, tuple[str, bool, list[str]]] = {}
    for text in texts:
        plural, is_percent_format, places = merged.get(text.singular, ("", False, []))
        if text.place not in places:
            places = [*places, text.place]
        is_percent_format = is_percent_format or text.is_percent_format
        merged[text.singular] = (plural or text.plural, is_percent_format, places)
    return merged


def main() -> None:
    """Write ``locale/<language>/LC_MESSAGES/django.po`` and ``django.mo`` and say what is not translated."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    texts = collect_texts()
    for language in PLURAL_FORMS:
        folder = LOCALE / language / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        catalogue = update_catalogue(folder / "django.po", language, texts)
        catalogue.save(str(folder / "django.po"))
        catalogue.save_as_mofile(str(folder / "django.mo"))
        missing = len(catalogue.untranslated_entries())
        sys.stdout.write(f"{language}: {len(catalogue)} texts, {missing} without a translation\n")


if __name__ == "__main__":
    main()
