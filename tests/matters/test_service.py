"""Matters: created, joined, left, closed, found by their reference."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, Erasure, IdempotentResponse, Role
from accounts.privacy import erasure
from matters.models import Matter, MatterMember
from matters.service import (
    MatterError,
    add_member,
    close_matter,
    create_matter,
    find_matter,
    find_open_matter,
    list_matters,
    remove_member,
    search_matters,
)
from tests.matters.cast import create_member, matter_of
from tests.matters.organisations import organisation
from tests.people import person

pytestmark = pytest.mark.django_db


def events() -> list[tuple[str, dict[str, Any]]]:
    rows = AuditEvent.objects.filter(action__startswith="matter.").order_by("id")
    return [(row.action, row.detail) for row in rows]


def test_the_author_is_the_manager_and_the_trail_names_ids_alone() -> None:
    author = person()
    matter = create_matter(author, "10023", "0007", "Xylophonia against Quince")
    assert [row.is_manager for row in matter.members.all()] == [True]
    reviewer = create_member(matter, Role.REVIEWER)
    remove_member(matter, reviewer.pk, author)
    close_matter(matter, author)
    told = {"user": str(reviewer.pk)}
    assert events() == [
        ("matter.created", {}),
        ("matter.member_added", {**told, "manager": False}),
        ("matter.member_removed", told),
        ("matter.closed", {}),
    ]


@pytest.mark.parametrize("number", ["", "Acme Ltd", "7/1", "-7", "0007\n"])
def test_numbers_are_no_names(number: str) -> None:
    with pytest.raises(MatterError, match="Numbers have"):
        create_matter(person(), "10023", number)


@pytest.mark.parametrize("number", ["", "Acme Ltd", "7/1"])
def test_the_database_refuses_numbers_that_could_be_names(number: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Matter.objects.create(client_number="10023", matter_number=number, created_by=person())


def test_a_reference_is_used_once_by_one_person_and_tells_nobody_that_another_uses_it() -> None:
    author = person()
    matter_of(author)
    with pytest.raises(MatterError, match="before"):
        matter_of(author)
    assert matter_of(person()).reference == "10023/0007"


def test_a_matter_is_found_by_reference_or_id_by_its_members_alone() -> None:
    author, stranger = person(), person(Role.ADMINISTRATOR)
    matter = matter_of(author)
    assert find_matter(author, "10023/0007") == find_matter(author, str(matter.pk)) == matter
    for reference in ("10023/0007", str(matter.pk), "nothing", "99/99"):
        with pytest.raises(MatterError) as refusal:
            find_matter(stranger, reference)
        assert str(refusal.value) == "You have no matter with this reference."


def test_two_matters_of_one_reference_are_told_apart_by_id() -> None:
    author = person()
    own, other = matter_of(author), matter_of(person())
    add_member(other, author.email, other.created_by)
    with pytest.raises(MatterError, match="give the id"):
        find_matter(author, "10023/0007")
    assert find_matter(author, str(own.pk)) == own


def test_a_closed_matter_is_seen_and_nothing_is_added_to_it() -> None:
    author = person()
    matter = matter_of(author)
    close_matter(matter, author)
    close_matter(matter, author)
    assert [action for action, _ in events()].count("matter.closed") == 1
    assert list(list_matters(author)) == [matter]
    with pytest.raises(MatterError, match="closed"):
        find_open_matter(author, "10023/0007")


def test_matters_are_searched_by_parts_of_their_reference() -> None:
    author = person()
    matter, other = matter_of(author, "0007"), matter_of(author, "A-12", client="777")
    assert list(search_matters(author, "0023")) == [matter]
    assert list(search_matters(author, "a-1")) == [other]
    assert list(search_matters(author, "10023/00")) == [matter]
    assert list(search_matters(person(), "0023")) == []


def test_a_matter_never_loses_its_last_manager() -> None:
    author = person()
    matter = matter_of(author)
    member = create_member(matter)
    with pytest.raises(MatterError, match="needs a manager"):
        remove_member(matter, author.pk, author)
    with pytest.raises(MatterError, match="needs a manager"):
        add_member(matter, author.email, author, is_manager=False)
    add_member(matter, member.email, author, is_manager=True)
    remove_member(matter, author.pk, member)
    assert list(matter.members.values_list("user", flat=True)) == [member.pk]


def test_who_cannot_be_added_is_refused_in_the_same_words() -> None:
    author = person()
    matter = matter_of(author)
    elsewhere = person()
    organisation(elsewhere)
    for address in ("nobody@example.com", elsewhere.email, person(Role.AUDITOR).email):
        with pytest.raises(MatterError, match="cannot be added"):
            add_member(matter, address, author)
    add_member(matter, elsewhere.email, person(Role.ADMINISTRATOR))
    assert MatterMember.objects.filter(matter=matter, user=elsewhere).exists()


def test_who_leaves_takes_no_stored_answer_along() -> None:
    author = person()
    matter = matter_of(author)
    member = create_member(matter)
    IdempotentResponse.objects.create(place="x" * 64, user=member, body_digest="y" * 64, answer="{}")
    remove_member(matter, member.pk, author)
    assert not IdempotentResponse.objects.filter(user=member).exists()


def test_an_erasure_blanks_notes_that_hold_the_name() -> None:
    author = person()
    matter = matter_of(author, note="Xylophonia Quince Ltd against the bank")
    other = matter_of(author, "0008", note="Something else")
    erasure.run_erasure(erasure.request_name_erasure("xylophonia quince ltd", None, "asked for"))
    assert Matter.objects.get(pk=matter.pk).note == ""
    assert Matter.objects.get(pk=other.pk).note == "Something else"
    run = erasure.run_erasure(erasure.request_user_erasure(author, None, "asked for"))
    assert Matter.objects.get(pk=other.pk).note == ""
    assert Erasure.objects.get(pk=run.pk).counts["matters"] == 2
