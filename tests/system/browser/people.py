"""Who works at the product in the browser tests, and what they find in their queue."""

from collections.abc import Iterable
from typing import Any

import requests
from playwright.sync_api import Page

from tests.system.browser.product import Product

REVIEWERS = tuple(f"reviewer{number}@example.com" for number in range(1, 9))
ANNA, BEN = REVIEWERS[:2]
LEA = "lea@example.com"
CLIENT = "client@example.com"

_PEOPLE = """
import json
from accounts.auth.users import create_user
from matching.compare.sampling import SamplingPolicy, update_policy
from accounts.models import User
for email, role in {people!r}:
    create_user(email, {password!r}, role, None)
nothing_drawn = SamplingPolicy(audit=0, second=0, gold=0)
update_policy(User.objects.first(), nothing_drawn, "every test puts its own items")
print(json.dumps("done"))
"""


def move_in(product: Product, others: Iterable[tuple[str, str]] = ()) -> None:
    """Make the people, others by e-mail and role too, and let chance put nothing into their queue."""
    people = [*((email, "reviewer") for email in REVIEWERS), (LEA, "lead"), (CLIENT, "client"), *others]
    product.python(_PEOPLE.format(people=people, password=product.password))


def sign_in_at(page: Page, product: Product, email: str, path: str) -> None:
    """Sign somebody in by the form, on the way to a page."""
    page.goto(f"{product.base}/sign-in?next={path}")
    page.fill("#username", email)
    page.fill("#password", product.password)
    page.click("#sign-in")
    page.wait_for_url(f"**{path}")


class Client:
    """A client application that asks and objects."""

    def __init__(self, product: Product) -> None:
        self.api = f"{product.base}/api/v1"
        self.session = requests.Session()
        login = {"email": CLIENT, "password": product.password}
        token = self.session.post(f"{self.api}/token", json=login).json()["access"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def objects(self, name1: str, name2: str) -> dict[str, Any]:
        """Ask about a pair and object to the answer, so that reviewers get it at once."""
        asked = {"name1": name1, "name2": name2}
        answer: dict[str, Any] = self.session.post(f"{self.api}/compare", json=asked).json()
        body = {"prediction": answer["id"], "user_correction": not answer["prediction"]}
        assert self.session.post(f"{self.api}/feedback", json=body).status_code == 201
        return answer
