"""A product with rows on every page, and the report of the looks at them."""

import secrets
from collections.abc import Iterator

import pytest

from tests.system.browser.every_page.report import Report
from tests.system.browser.people import move_in
from tests.system.browser.product import ROOT, Product, product

OTHERS = (
    ("user@example.com", "user"),
    ("engineer@example.com", "model_engineer"),
    ("approver@example.com", "approver"),
    ("auditor@example.com", "auditor"),
)
"""Who works in other browser tests under no name, so that every role is there."""
_FILL = """
import json
from tests.system.browser.every_page.rows import fill
fill()
print(json.dumps("done"))
"""


@pytest.fixture(scope="session")
def running() -> Iterator[Product]:
    """The whole product with people and rows in it; no page asks again who somebody is."""
    with product(secrets.token_urlsafe(16), STEP_UP_MINUTES="0") as installation:
        move_in(installation, OTHERS)
        installation.python(_FILL)
        yield installation


@pytest.fixture(scope="session")
def report() -> Report:
    """The report, in ``var/accessibility.txt``."""
    return Report(ROOT / "var" / "accessibility.txt")
