"""The language of a request and of a person.

Pages speak the language that the account chose, else that of the browser's cookie, else that of the browser.
The API speaks what ``Accept-Language`` asks for. Letters speak the language of the account. What is not
translated is English.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from accounts.audit import trail
from accounts.models import Language, User

SOURCE = Language.ENGLISH.value
"""The language in which all texts are written; nothing is translated into it."""


@lru_cache(maxsize=256)
def read_accept_language(header: str) -> str:
    """Return the first language of a header that there is, English where there is none."""
    for wanted, _quality in parse_accept_lang_header(header):
        if wanted == "*":
            break
        language = wanted.split("-")[0]
        if language in Language.values:
            return language
    return SOURCE


def choose_language(request: HttpRequest) -> str:
    """Return the language of a page for who asks."""
    user = request.user
    chosen = user.language if isinstance(user, User) else ""
    cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen or cookie in Language.values:
        return chosen or cookie
    return read_accept_language(request.headers.get("Accept-Language", ""))


@transaction.atomic
def save_language(user: User, language: Language) -> None:
    """Store the language that somebody chose, with its audit event; the same choice again changes nothing."""
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if locked.language == language:
        return
    before, locked.language = locked.language, language.value
    locked.save(update_fields=["language", "updated_at"])
    trail.record_event("user.language_changed", locked, user, changes={"language": [before, language.value]})


def speak_to(user: User) -> AbstractContextManager[None]:
    """Translate into the language of a person, outside of a request: letters of a worker."""
    return translation.override(user.language or SOURCE)
