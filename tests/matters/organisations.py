"""Organisations of tests."""

from accounts.models import Role, User
from matters.models import Organisation
from matters.organisations import put_into_organisation
from tests.people import person


def organisation(*users: User, name: str = "Alder LLP") -> Organisation:
    """An organisation with these accounts."""
    firm = Organisation.objects.create(name=name)
    boss = person(Role.ADMINISTRATOR)
    for user in users:
        put_into_organisation(firm, user.email, boss)
    return firm
