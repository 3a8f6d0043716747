"""The notes of matters, which may hold names: an erasure of a user, of a name or by age blanks them."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import Erasure
from accounts.privacy.erasure import EncryptedTable
from matters.models import Matter


def _find_matters(erasure: Erasure) -> QuerySet[Matter]:
    """Return the matters whose note an erasure blanks; one of a single prediction blanks none."""
    if erasure.subject == Erasure.Subject.USER:
        return Matter.objects.filter(created_by=erasure.user_id)
    if erasure.subject == Erasure.Subject.AGE:
        return Matter.objects.filter(created_at__lt=erasure.before)
    if erasure.subject == Erasure.Subject.NAME:
        name = erasure.name.casefold()
        return Matter.objects.filter(
            pk__in=[row.pk for row in Matter.objects.iterator() if name in row.note.casefold()]
        )
    return Matter.objects.none()


ERASURE_TARGETS = (EncryptedTable(Matter, _find_matters),)
