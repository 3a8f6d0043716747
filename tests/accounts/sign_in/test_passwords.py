"""Passwords made of the words of product and organisation, and those that are known to be out."""

import hashlib
import io
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from pytest_django import Settings

from accounts.sign_in.passwords import contains_digest


def refusal_of(password: str) -> str:
    """The codes of the rules that refuse it."""
    try:
        validate_password(password)
    except ValidationError as refusal:
        return ",".join(str(error.code) for error in refusal.error_list)
    return ""


@pytest.mark.parametrize(
    "password", ["LegalNames2026!", "comparison-legal-names-1", "Northern-Trusts-2027", "ReviewerPassword"]
)
def test_a_password_of_the_words_of_the_service_is_refused(password: str, settings: Settings) -> None:
    settings.PASSWORD_WORDS = ["Northern", "Trusts"]
    assert refusal_of(password) == "password_context_words"


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "my legal heron eats rye", "8712340918273645"]
)
def test_a_password_of_which_enough_remains_passes(password: str) -> None:
    assert refusal_of(password) in ("", "password_entirely_numeric")


def digest(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def test_a_password_that_is_known_to_be_out_is_refused(tmp_path: Path, settings: Settings) -> None:
    known = sorted(digest(f"heron crane stork {number}") for number in range(500))
    file = tmp_path / "breached.txt"
    file.write_text("".join(f"{line}:{count}\n" for count, line in enumerate(known, 1)))
    assert refusal_of("heron crane stork 17") == ""
    settings.BREACHED_PASSWORDS = str(file)
    assert {refusal_of(f"heron crane stork {number}") for number in range(500)} == {"password_breached"}
    assert {refusal_of(f"heron crane rook {number}") for number in range(500)} == {""}


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_the_first_and_the_last_line_are_found_in_every_form(ending: str) -> None:
    lines = sorted(digest(str(number)) for number in range(3))
    content = (ending or "\n").join(lines) + ending
    assert all(contains_digest(io.BytesIO(content.encode()), line) for line in lines)
    assert not contains_digest(io.BytesIO(content.encode()), digest("another"))
    assert not contains_digest(io.BytesIO(b""), lines[0])
