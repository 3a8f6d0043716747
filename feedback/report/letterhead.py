"""The letterhead of reports: read, checked and changed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit import trail
from accounts.encryption.crypto import sha256
from accounts.models import User
from feedback.memo.pdf import MemoRenderError
from feedback.models import MAX_LOGO_BYTES, Letterhead, LogoType
from feedback.report.printing import print_logo_sample

DEFAULT_TEXT = "Legal Name Comparison"
"""Who issues a report until an administrator says so."""

_SIGNATURES = {b"\x89PNG\r\n\x1a\n": LogoType.PNG, b"\xff\xd8\xff": LogoType.JPEG}


class LetterheadError(ValueError):
    """The logo cannot be used; the message is one sentence for the screen."""


@dataclass(frozen=True)
class Logo:
    """A picture and its type."""

    content: bytes = b""
    type: str = ""


def get_letterhead() -> Letterhead:
    """Return the letterhead in force."""
    return Letterhead.objects.first() or Letterhead(text=DEFAULT_TEXT)


def check_logo(content: bytes) -> Logo:
    """Return the picture with its type. Raises :class:`LetterheadError` for what cannot be printed."""
    if len(content) > MAX_LOGO_BYTES:
        raise LetterheadError(_("The logo is larger than %d KB.") % (MAX_LOGO_BYTES // 1024))
    type_ = next((kind for start, kind in _SIGNATURES.items() if content.startswith(start)), None)
    if type_ is None:
        raise LetterheadError(_("The logo is neither PNG nor JPEG."))
    try:
        print_logo_sample(content, type_)
    except MemoRenderError:
        raise LetterheadError(_("The logo is damaged and cannot be printed.")) from None
    return Logo(content, type_)


@transaction.atomic
def change_letterhead(text: str, logo: Logo, actor: User) -> Letterhead:
    """Put another letterhead in force for the reports from now on, and record who did."""
    row = Letterhead.objects.create(text=text, logo=logo.content, logo_type=logo.type, changed_by=actor)
    detail = {"logo_sha256": sha256(logo.content) if logo.content else ""}
    trail.record_event("report.letterhead_changed", row, actor, characters=len(text), **detail)
    return row
