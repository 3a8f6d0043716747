"""The cast of the tests: people with roles, and an installation with a live model."""

from typing import Any
from uuid import uuid4

from django.test import Client
from rest_framework.test import APIClient

from accounts.auth.users import create_user
from accounts.models import Role, User

PASSWORD = "correct horse battery staple"


def person(role: str = Role.USER, email: str = "") -> User:
    """Somebody in a role."""
    return create_user(email or f"{role}.{uuid4().hex[:8]}@example.com", PASSWORD, role, None)


def signed_in(user: User) -> APIClient:
    """A client that holds the person's access token."""
    client = APIClient()
    answer = client.post("/api/v1/token", {"email": user.email, "password": PASSWORD})
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    return client


def browse(user: User) -> Client:
    """The person's browser."""
    client = Client()
    client.force_login(user)
    return client


def text(response: Any) -> str:
    """What a page says."""
    return str(response.content.decode())
