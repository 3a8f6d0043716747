"""Matters of tests."""

from accounts.models import Role, User
from matters.models import Matter
from matters.service import add_member, create_matter
from tests.people import person


def matter_of(user: User, number: str = "0007", client: str = "10023", note: str = "") -> Matter:
    """A matter that a user has made."""
    return create_matter(user, client, number, note)


def create_member(matter: Matter, role: str = Role.USER, is_manager: bool = False) -> User:
    """Somebody whom the author of a matter made a member of it."""
    user = person(role)
    add_member(matter, user.email, matter.created_by, is_manager)
    return user
