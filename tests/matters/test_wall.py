"""The wall: who sees which rows."""

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from feedback.models import Draft, Feedback, ItemEvent, Precedent, ReviewItem
from matching.models import BatchChunk, BatchJob, JobReviewRow, Prediction, ReplayChange
from matters.models import Matter
from matters.organisations import put_into_organisation, take_from_organisation
from matters.service import MatterError, remove_member
from matters.wall import find_matter_path, may_see, select_members, select_visible
from tests.matters.cast import create_member, matter_of
from tests.matters.organisations import organisation
from tests.models import stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db


def own_of(user: User) -> list[Prediction]:
    return list(Prediction.objects.visible_to(user))


def test_without_matters_everybody_sees_their_own_and_nothing_else() -> None:
    mine, _other = stored_prediction(user=(user := person())), stored_prediction()
    with CaptureQueriesContext(connection) as queries:
        assert own_of(user) == [mine]
    assert len(queries) == 2


def test_members_see_what_a_matter_holds_and_nobody_else_does() -> None:
    author = person()
    matter = matter_of(author)
    row = stored_prediction(user=author, matter=matter)
    member = create_member(matter)
    assert own_of(author) == own_of(member) == [row]
    for role in Role.values:
        outsider = person(role)
        assert own_of(outsider) == []
        assert not may_see(row, outsider), role


def test_who_left_a_matter_no_longer_sees_their_own_comparisons_of_it() -> None:
    author = person()
    matter = matter_of(author)
    member = create_member(matter)
    row = stored_prediction(user=member, matter=matter)
    assert own_of(member) == [row]
    remove_member(matter, member.pk, author)
    assert own_of(member) == []


def test_whoever_may_see_all_predictions_sees_those_without_a_matter_and_of_their_matters() -> None:
    open_row, author = stored_prediction(), person()
    matter = matter_of(author)
    row = stored_prediction(user=author, matter=matter)
    lead, stranger = create_member(matter, Role.LEAD), person(Role.LEAD)
    assert set(select_visible(Prediction.objects.all(), lead)) == {row, open_row}
    assert list(select_visible(Prediction.objects.all(), stranger)) == [open_row]


def test_the_way_to_the_matter_is_found_from_every_table_that_has_one() -> None:
    paths = {
        Matter: "",
        Prediction: "matter",
        BatchJob: "matter",
        BatchChunk: "job__matter",
        JobReviewRow: "job__matter",
        Feedback: "prediction__matter",
        ReviewItem: "prediction__matter",
        ReplayChange: "prediction__matter",
        Precedent: "prediction__matter",
        Draft: "item__prediction__matter",
        ItemEvent: "item__prediction__matter",
    }
    assert {model: find_matter_path(model) for model in paths} == paths
    with pytest.raises(LookupError):
        find_matter_path(apps.get_model("accounts", "AuditEvent"))


def test_only_members_are_told_of_what_belongs_to_a_matter() -> None:
    author, stranger = person(), person()
    matter = matter_of(author)
    everybody = User.objects.filter(pk__in=[author.pk, stranger.pk])
    assert set(select_members(None, everybody)) == {author, stranger}
    assert list(select_members(matter.pk, everybody)) == [author]


def test_accounts_of_an_organisation_share_what_belongs_to_no_matter() -> None:
    one, other, reviewer = person(), person(Role.CLIENT), person(Role.REVIEWER)
    shared, reviewers_own = stored_prediction(user=one), stored_prediction(user=reviewer)
    walled = stored_prediction(user=one, matter=matter_of(one))
    assert own_of(other) == []
    firm = organisation(one, other, reviewer)
    assert own_of(other) == [shared]
    assert own_of(reviewer) == [reviewers_own]
    assert own_of(one) == [walled, shared]
    take_from_organisation(firm, other.email, person(Role.ADMINISTRATOR))
    assert own_of(other) == []


def test_an_account_belongs_to_one_organisation() -> None:
    user, boss = person(), person(Role.ADMINISTRATOR)
    organisation(user)
    with pytest.raises(MatterError, match="another organisation"):
        put_into_organisation(organisation(name="Larch LLP"), user.email, boss)
