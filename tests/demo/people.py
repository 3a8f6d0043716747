"""The people and client applications of the demonstration; their names say that they are made up."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.auth.users import create_user
from accounts.models import Role, User

DOMAIN = "demo.invalid"


@dataclass(frozen=True)
class DemoUsers:
    """Who takes part."""

    clients: tuple[User, ...]
    reviewers: tuple[User, ...]
    lead: User
    engineer: User
    approver: User
    auditor: User
    administrator: User


def create_demo_users(password: str) -> DemoUsers:
    """Create everybody with one password; names and addresses are marked as demonstration data."""

    def create(login: str, role: str, name: str) -> User:
        return create_user(f"{login}@{DOMAIN}", password, role, None, f"{name} (demo)")

    return DemoUsers(
        clients=(
            create("harbour-bank", Role.CLIENT, "Harbour Bank KYC"),
            create("meridian-filings", Role.CLIENT, "Meridian Filings"),
            create("quill-partners", Role.USER, "Quill & Partners"),
            create("northgate-lending", Role.CLIENT, "Northgate Secured Lending"),
        ),
        reviewers=(
            create("anna", Role.REVIEWER, "Anna Adler"),
            create("ben", Role.REVIEWER, "Ben Brook"),
            create("chiara", Role.REVIEWER, "Chiara Conti"),
        ),
        lead=create("lea", Role.LEAD, "Lea Lindqvist"),
        engineer=create("emil", Role.MODEL_ENGINEER, "Emil Engel"),
        approver=create("petra", Role.APPROVER, "Petra Park"),
        auditor=create("aki", Role.AUDITOR, "Aki Aalto"),
        administrator=create("dana", Role.ADMINISTRATOR, "Dana Duarte"),
    )
