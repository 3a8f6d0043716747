"""Names and help texts of models, translated without a word in each field.

Most names of columns come from the names of attributes ("created at"), so there is no text in the source that
could be marked. They are found in the models themselves: once all are loaded, each becomes a lazy text, and
``make messages`` lists them for the catalogues. Migrations keep the English ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.apps import AppConfig
from django.db.models import Field, Model
from django.utils.translation import gettext_lazy


def translate_models(configs: Iterable[AppConfig]) -> None:
    """Make the names and help texts of the models of some apps lazy texts."""
    for model in list_models(configs):
        options = model._meta
        options.verbose_name = gettext_lazy(str(options.verbose_name))
        options.verbose_name_plural = gettext_lazy(str(options.verbose_name_plural))
        for field in list_fields(model):
            field.verbose_name = gettext_lazy(str(field.verbose_name))
            if field.help_text:
                field.help_text = gettext_lazy(str(field.help_text))


def list_texts(models: Iterable[type[Model]]) -> Iterator[str]:
    """Return the names and help texts of models in English, in their order."""
    for model in models:
        yield str(model._meta.verbose_name)
        yield str(model._meta.verbose_name_plural)
        for field in list_fields(model):
            yield str(field.verbose_name)
            yield str(field.help_text)


def list_models(configs: Iterable[AppConfig]) -> Iterator[type[Model]]:
    """Return the models of some apps, but not the tables that only tie two others."""
    for config in configs:
        yield from config.get_models()


def list_fields(model: type[Model]) -> Iterator[Field]:  # type: ignore[type-arg]  # of any type
    """Return the columns of a model that have a name of their own."""
    yield from [field for field in model._meta.get_fields() if isinstance(field, Field)]
