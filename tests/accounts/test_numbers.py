"""Numbers of screens have the separators of the language, wherever a sentence was translated."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

from accounts.numbers import fill, format_number
from tests.project.test_house_rules import ROOT

SCREENS = ("admin", "pages", "dashboards", "overview", "experiments", "reports")
"""Folders whose modules write what a person reads on a screen."""


@pytest.mark.parametrize(
    ("value", "spec", "english", "german"),
    [
        (1_234_567, ",", "1,234,567", "1.234.567"),
        (0.005, ".1%", "0.5%", "0,5\N{NO-BREAK SPACE}%"),
        (1234.5, ",.2f", "1,234.50", "1.234,50"),
        (-0.031, "+.1%", "-3.1%", "-3,1\N{NO-BREAK SPACE}%"),
    ],
)
def test_a_number_has_the_separators_of_the_language(
    value: float, spec: str, english: str, german: str
) -> None:
    assert format_number(value, spec) == english
    with override("de"):
        assert format_number(value, spec) == german


def test_a_sentence_formats_its_numbers_and_leaves_other_values_alone() -> None:
    with override("de"):
        assert fill("{n:,} von {version}, {sentence}", n=1234, version="1.3.0", sentence="a.b") == (
            "1.234 von 1.3.0, a.b"
        )


def find_number_formats(path: Path) -> Iterator[int]:
    """The lines that write a number of a screen in the English form."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            if any(sign in ast.unparse(node.format_spec) for sign in (",", "%}", "%'")):
                yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            text = ast.unparse(node.func.value)
            is_sentence = node.func.attr == "format" and text.startswith(("gettext(", "ngettext("))
            if is_sentence and any(f"{sign}}}" in text for sign in (":,", "%", "f")):
                yield node.lineno


def test_no_screen_formats_a_number_past_the_language() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for app in ("accounts", "analytics", "experiments", "feedback", "matching", "matters", "modelops")
        for path in sorted((ROOT / app).rglob("*.py"))
        if path.parent.name in SCREENS
        for line in find_number_formats(path)
    ]
    assert found == []
