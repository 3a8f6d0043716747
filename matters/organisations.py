"""Changes to organisations: administrators put accounts into them. Each function changes and records."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from matters.models import Organisation, OrganisationAccount
from matters.service import MatterError


@transaction.atomic
def put_into_organisation(organisation: Organisation, address: str, actor: User) -> OrganisationAccount:
    """Put an account into an organisation. Raises :class:`MatterError` for an unknown one, or one in another.

    From then on the accounts of customers in it see one another's comparisons that belong to no matter.
    """
    user = User.objects.select_for_update(no_key=True).filter(email=address.strip().lower()).first()
    if user is None:
        raise MatterError(gettext("There is no account with this address."))
    row, is_new = OrganisationAccount.objects.get_or_create(
        user=user, defaults={"organisation": organisation}
    )
    if row.organisation_id != organisation.pk:
        raise MatterError(gettext("The account belongs to another organisation; take it out of that first."))
    if is_new:
        trail.record_event("organisation.account_added", organisation, actor, user=str(user.pk))
    return row


@transaction.atomic
def take_from_organisation(organisation: Organisation, address: str, actor: User) -> None:
    """Take an account out of an organisation. Raises :class:`MatterError` for one that is not in it."""
    rows = OrganisationAccount.objects.filter(organisation=organisation, user__email=address.strip().lower())
    row = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise MatterError(gettext("There is no such account in this organisation."))
    trail.record_event("organisation.account_removed", organisation, actor, user=str(row.user_id))
    row.delete()
