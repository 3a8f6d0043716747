"""Changes to matters. Each function changes, records and returns in one transaction.

The audit trail holds ids, never a reference or a note: auditors are no members.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import IdempotentResponse, Role, User
from matters.models import NUMBER_PATTERN, Matter, MatterMember, OrganisationAccount
from matters.wall import Scope, select_visible

MAX_NOTE_LENGTH = 2_000
_REVIEW_ROLES = (Role.REVIEWER, Role.LEAD)
_PERMISSION = "matters.use_matters"


class MatterError(ValueError):
    """The change is refused; the message is one sentence for users."""


def list_matters(user: User) -> QuerySet[Matter]:
    """Return the matters of which a user is a member, newest first."""
    return select_visible(Matter.objects.order_by("-id"), user)


def list_matters_of_scope(scope: Scope) -> list[Matter]:
    """Return the matters of a scope, newest first, without their notes; none costs no statement."""
    rows = Matter.objects.filter(pk__in=scope.matter_ids).defer("note").order_by("-id")
    return list(rows) if scope.matter_ids else []


def list_open_choices(scope: Scope) -> list[tuple[str, str]]:
    """Return the id and the reference of each matter of a scope to which something can be added."""
    return [(str(row.pk), row.reference) for row in list_matters_of_scope(scope) if row.is_open]


def search_matters(user: User, text: str) -> QuerySet[Matter]:
    """Return the user's matters whose reference holds a text, whatever its case."""
    client, slash, matter = text.strip().partition("/")
    if slash:
        return list_matters(user).filter(client_number__iendswith=client, matter_number__istartswith=matter)
    return list_matters(user).filter(Q(client_number__icontains=client) | Q(matter_number__icontains=client))


def find_matter(user: User, reference: str) -> Matter:
    """Return the user's matter of a reference or an id.

    Raises :class:`MatterError` for one that does not exist, which is also what a stranger is told, and where
    two of the user's matters have the reference.
    """
    found = list(list_matters(user).filter(_match_reference(reference))[:2])
    if not found:
        raise MatterError(gettext("You have no matter with this reference."))
    if len(found) > 1:
        raise MatterError(gettext("Two of your matters have this reference; give the id of one."))
    return found[0]


def find_open_matter(user: User, reference: str) -> Matter:
    """Return the user's matter of a reference, to which something is added. Raises :class:`MatterError`."""
    matter = find_matter(user, reference)
    if not matter.is_open:
        raise MatterError(gettext("This matter is closed; nothing can be added to it."))
    return matter


@transaction.atomic
def create_matter(user: User, client_number: str, matter_number: str, note: str = "") -> Matter:
    """Create a matter with the user as its manager.

    Raises :class:`MatterError` for numbers that cannot be used or that the user used before.
    """
    matter = Matter(client_number=client_number, matter_number=matter_number, note=note, created_by=user)
    _save(matter)
    MatterMember.objects.create(matter=matter, user=user, is_manager=True, added_by=user)
    trail.record_event("matter.created", matter, user)
    return matter


@transaction.atomic
def change_matter(matter: Matter, actor: User, fields: Mapping[str, str]) -> Matter:
    """Change numbers or note of an open matter; the trail learns which of them, not what they were.

    Only its author changes the numbers, which are unique among theirs: a refusal would tell any other manager
    of matters that they are no member of. Raises :class:`MatterError` for that, for a closed matter, and for
    numbers that cannot be used or that the author used before.
    """
    row = _lock(matter)
    if not row.is_open:
        raise MatterError(gettext("This matter is closed; open it again to change it."))
    changed = sorted(name for name, value in fields.items() if getattr(row, name) != value)
    if set(changed) - {"note"} and row.created_by_id != actor.pk:
        raise MatterError(gettext("Only who made the matter changes its numbers."))
    for name in changed:
        setattr(row, name, fields[name])
    if changed:
        _save(row)
        trail.record_event("matter.changed", row, actor, fields=changed)
    return row


@transaction.atomic
def add_member(matter: Matter, address: str, actor: User, is_manager: bool = False) -> MatterMember:
    """Make an account a member, also of what the matter holds already; again changes who is a manager.

    Accounts of the actor's own organisation and reviewers can be added; administrators add any. Raises
    :class:`MatterError` for everybody else with the same words, whether there is such an account or not.
    """
    _lock(matter)
    user = User.objects.filter(email=address.strip().lower(), is_active=True).first()
    if user is None or not _may_join(user, actor):
        raise MatterError(
            gettext("This address cannot be added: it needs an account that compares or reviews.")
        )
    member, is_new = MatterMember.objects.get_or_create(
        matter=matter, user=user, defaults={"is_manager": is_manager, "added_by": actor}
    )
    if not is_new:
        _change_manager(member, is_manager)
    trail.record_event("matter.member_added", matter, actor, user=str(user.pk), manager=is_manager)
    return member


@transaction.atomic
def remove_member(matter: Matter, user_id: UUID, actor: User) -> None:
    """End a membership: from then on the person sees nothing of the matter, their own comparisons included.

    Raises :class:`MatterError` for the last manager and for who is no member.
    """
    _lock(matter)
    member = MatterMember.objects.select_related("user").filter(matter=matter, user=user_id).first()
    if member is None:
        raise MatterError(gettext("This person is not a member."))
    _require_other_manager(member)
    user = member.user
    member.delete()
    IdempotentResponse.objects.filter(user=user).delete()  # they may quote comparisons of the matter
    for name in settings.MATTER_DEPARTURES:
        import_string(name)(matter.pk, user, actor)
    trail.record_event("matter.member_removed", matter, actor, user=str(user.pk))


@transaction.atomic
def close_matter(matter: Matter, actor: User) -> Matter:
    """Close a matter: members still see it, nothing is added. Closing it again changes nothing."""
    row = _lock(matter)
    if row.is_open:
        row.closed_at, row.closed_by = timezone.now(), actor
        row.save(update_fields=["closed_at", "closed_by"])
        trail.record_event("matter.closed", row, actor)
    return row


@transaction.atomic
def reopen_matter(matter: Matter, actor: User) -> Matter:
    """Open a closed matter again, so that things are added to it. Opening it twice changes nothing."""
    row = _lock(matter)
    if not row.is_open:
        row.closed_at = row.closed_by = None
        row.save(update_fields=["closed_at", "closed_by"])
        trail.record_event("matter.reopened", row, actor)
    return row


def is_manager(matter: Matter, user: User) -> bool:
    """Return whether a user changes a matter, closes and opens it, and adds and removes members."""
    return MatterMember.objects.filter(matter=matter, user=user, is_manager=True).exists()


def _lock(matter: Matter) -> Matter:
    """Lock a matter, so that two changes of its members are one after the other."""
    return Matter.objects.select_for_update(of=("self",)).get(pk=matter.pk)


def _save(matter: Matter) -> None:
    """Store numbers and note. Raises :class:`MatterError` for numbers that cannot be used or are used."""
    if not all(
        re.fullmatch(NUMBER_PATTERN, number) for number in (matter.client_number, matter.matter_number)
    ):
        raise MatterError(gettext("Numbers have letters, digits, dots, dashes and underscores only."))
    try:
        with transaction.atomic():
            matter.save()
    except IntegrityError:
        raise MatterError(gettext("You have made a matter with this reference before.")) from None


def _match_reference(reference: str) -> Q:
    try:
        return Q(pk=UUID(reference))
    except ValueError:
        client, _, number = reference.partition("/")
        return Q(client_number=client, matter_number=number)


def _may_join(user: User, actor: User) -> bool:
    if not User.objects.get(pk=user.pk).has_perm(_PERMISSION):
        return False
    if user.role in _REVIEW_ROLES or actor.has_perm("matters.administer_matters"):
        return True
    own = dict(OrganisationAccount.objects.filter(user__in=[user, actor]).values_list("user", "organisation"))
    return own.get(user.pk) == own.get(actor.pk)


def _change_manager(member: MatterMember, is_manager: bool) -> None:
    if not is_manager:
        _require_other_manager(member)
    member.is_manager = is_manager
    member.save(update_fields=["is_manager"])


def _require_other_manager(member: MatterMember) -> None:
    others = MatterMember.objects.filter(matter=member.matter_id, is_manager=True).exclude(pk=member.pk)
    if member.is_manager and not others.exists():
        raise MatterError(gettext("A matter needs a manager; make another member the manager first."))
