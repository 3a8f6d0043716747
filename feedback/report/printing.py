"""Reports as PDF: the content with the labels, the logo and the code as a picture for cameras."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import qrcode
from django.utils import timezone
from django.utils.translation import gettext as _

from feedback.memo.pdf import render_pdf
from feedback.models import Letterhead

_TEMPLATE = Path(__file__).with_name("report.typ")
_LOGO_TEMPLATE = Path(__file__).with_name("logo.typ")
_QUIET_ZONE = 2
"""White modules around the picture of the code."""


def print_report(content: Mapping[str, Any], digest: str, letterhead: Letterhead, at: datetime) -> bytes:
    """Return a report as an accessible PDF. Raises ``MemoRenderError``."""
    verification = content["verification"]
    return render_pdf(
        {
            **content,
            "sha256": digest,
            "labels": _build_labels(),
            "logo": list(bytes(letterhead.logo)),
            "logo_type": letterhead.logo_type,
            "picture": draw_code(f"{verification['address']}#{verification['code']}"),
        },
        at,
        _TEMPLATE,
    )


def print_logo_sample(content: bytes, type_: str) -> None:
    """Print a logo alone. Raises ``MemoRenderError`` when it cannot be printed."""
    sample = {"title": "Logo", "logo": list(content), "logo_type": type_}
    render_pdf(sample, timezone.now().replace(microsecond=0), _LOGO_TEMPLATE)


def draw_code(text: str) -> str:
    """Return a QR code as SVG."""
    code = qrcode.QRCode(border=_QUIET_ZONE)
    code.add_data(text)
    code.make()
    rows = code.get_matrix()
    squares = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark
    )
    size = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path d="{squares}"/></svg>'
    )


def _build_labels() -> dict[str, str]:
    """Return the fixed texts of the page."""
    return {
        "issued": _("Issued"),
        "reference": _("Report"),
        "own_reference": _("Your reference"),
        "matter": _("Matter"),
        "names": _("The two names"),
        "name_a": _("Name A"),
        "name_b": _("Name B"),
        "human": _("Decision of reviewers"),
        "opinion": _("Automatic opinion"),
        "differences": _("Differences"),
        "no_difference": _("No difference."),
        "difference": _("Difference"),
        "effect": _("Effect"),
        "rule": _("Rule and authority"),
        "basis": _("Compared under"),
        "deceiving": _("Characters that are easily mistaken"),
        "replaced": _("A character that no font of this program has is shown as its code point."),
        "verify": _("Is this report genuine?"),
        "verify_text": _(
            "Enter the code at the address below; no account is needed. The page says whether the decision "
            "has changed since. It never shows the names; it can only confirm names that are typed there."
        ),
        "code": _("Verification code"),
        "address": _("Address"),
        "picture": _("The address with the verification code, for a camera"),
        "logo": _("Logo of the issuer"),
    }
