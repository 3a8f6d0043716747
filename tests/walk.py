"""Requests to every address in the URL patterns, as every role.

There is no list to maintain: a new page or endpoint is included because it has a URL pattern. Ids in
addresses name rows that do not exist: permissions are checked first, so "not found" means access.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.views.generic import RedirectView

from accounts.auth.tokens import AccessToken
from accounts.auth.users import API_KEY_SCOPES, issue_api_key
from accounts.models import Role, User
from tests.people import person

ANONYMOUS = "anonymous"
WHO = (ANONYMOUS, *Role.values, *(f"key:{scope}" for scope in API_KEY_SCOPES))
"""The visitors: anonymous, each role, and an API key of each scope."""

REFUSED = "–"
LETTERS = {"get": "G", "post": "P", "put": "U", "patch": "A", "delete": "D"}
"""Letters for the HTTP methods with access, as the table in docs/roles.md shows them."""

_SIGN_IN = ("/sign-in", "/admin/login/")
_NO_ROW = {"uuid": "6f1f2a52-6b0a-4a3f-9b53-0c7f3f0f2a11", "int": "999999999"}
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_REGEX_GROUP = re.compile(r"\(\?P<\w+>([^)]*)\)")
_NEEDS_QUERY = {"/admin/autocomplete/": "app_label=accounts&model_name=apikey&field_name=user"}


@dataclass(frozen=True, order=True)
class Address:
    """One address as its URL pattern shows it, as it is requested, and the HTTP methods to try."""

    shown: str
    url: str
    methods: tuple[str, ...]


IdChooser = Callable[[str, str, str], str]
"""Returns the id for a route, a parameter of it and the name of the pattern; empty for that of no row."""


class Visitor:
    """A client with the credentials of one visitor."""

    def __init__(self, who: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers: dict[str, str] = {}
        self.user: User | None = None
        if who.startswith("key:"):
            _, key = issue_api_key(person(Role.CLIENT), who, None, [who.removeprefix("key:")])
            self.headers = {"Authorization": f"Api-Key {key}"}
        elif who != ANONYMOUS:
            self.user = person(who)
            self.headers = {"Authorization": f"Bearer {AccessToken.for_user(self.user)}"}

    def become(self, user: User) -> None:
        """Visit as somebody who is there already."""
        self.user, self.headers = user, {"Authorization": f"Bearer {AccessToken.for_user(user)}"}

    def finds(self, address: Address) -> str:
        """Return the letters of the methods with which the visitor has access to the address."""
        letters = (LETTERS[method] for method in address.methods if self._enters(address, method))
        return "".join(letters) or REFUSED

    def _enters(self, address: Address, method: str) -> bool:
        return _lets_in(address, self.send(address, method))

    def send(self, address: Address, method: str) -> Any:
        """Send an empty request and return the answer."""
        if self.user and not self.client.cookies.get("sessionid"):
            self.client.force_login(self.user)
        fields: dict[str, Any] = {}
        if address.shown.startswith("/api/"):
            fields = {"data": "{}", "content_type": "application/json", "headers": self.headers}
        answer = self.client.generic(method.upper(), address.url, **fields)
        if "sessionid" in self.client.cookies and not self.client.cookies["sessionid"].value:
            del self.client.cookies["sessionid"]  # the address was the sign-out
        return answer


def addresses(choose: IdChooser | None = None) -> list[Address]:
    """Return every address of the product, with ids of no row or those that ``choose`` returns."""
    return sorted(set(_below(get_resolver(), "/", choose or _choose_no_row)))


def _lets_in(address: Address, answer: Any) -> bool:
    status = HTTPStatus(answer.status_code)
    assert status < 500 or status == HTTPStatus.SERVICE_UNAVAILABLE, f"{address.shown} answers {status}"
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED):
        return False
    return not (status == HTTPStatus.FOUND and urlsplit(answer["Location"]).path in _SIGN_IN)


def _below(resolver: URLResolver, before: str, choose: IdChooser) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        route = before + _plain(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _below(entry, route, choose)
        elif getattr(entry.callback, "view_class", None) is not RedirectView:
            yield Address(route, _fill_route(entry, route, choose), _methods(entry.callback))


def _fill_route(entry: URLPattern, route: str, choose: IdChooser) -> str:
    """Return the address with ids in place of parameters, and the query it requires."""

    def fill(found: re.Match[str]) -> str:
        return choose(route, found[2], entry.name or "") or _no_row(found[1], entry.name or "")

    url = _PARAMETER.sub(fill, route)
    query = _NEEDS_QUERY.get(route)
    return f"{url}?{query}" if query else url


def _plain(pattern: object) -> str:
    """Return a pattern as an address; a regular expression is replaced by its first alternative or a word."""
    text = str(pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z")
    return _REGEX_GROUP.sub(lambda found: found[1].split("|")[0] if "|" in found[1] else "nowhere", text)


def _methods(view: Any) -> tuple[str, ...]:
    """Return the methods that a view class handles, or GET and POST for a function."""
    handler = getattr(view, "view_class", None) or getattr(view, "cls", None)
    return tuple(name for name in LETTERS if hasattr(handler, name)) if handler else ("get", "post")


def _choose_no_row(_route: str, _parameter: str, _name: str) -> str:
    return ""


def _no_row(converter: str | None, name: str) -> str:
    """Return an id of the right type that no row has; for admin pages by the primary key of the model."""
    if converter in _NO_ROW:
        return _NO_ROW[converter]
    for model in admin.site._registry:
        if name.startswith(f"{model._meta.app_label}_{model._meta.model_name}_"):
            return _NO_ROW["int" if isinstance(model._meta.pk, models.IntegerField) else "uuid"]
    return _NO_ROW["uuid"]
