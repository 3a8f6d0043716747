"""The admin page of the letterhead of reports: its history, and the form that changes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from accounts.admin_tools import (
    ConfirmationStep,
    ReadOnlyAdmin,
    admin_button,
    handle_confirmation,
    require_permission,
)
from accounts.models import User
from feedback.models import MAX_LETTERHEAD_LENGTH, MAX_LOGO_BYTES, Letterhead
from feedback.report.letterhead import (
    LetterheadError,
    Logo,
    change_letterhead,
    check_logo,
    get_letterhead,
)


class LetterheadForm(forms.Form):
    """Text and logo; without a new file the logo stays."""

    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=MAX_LETTERHEAD_LENGTH,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=gettext_lazy("Who issues the reports: name and address, in a few lines."),
    )
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/png,image/jpeg"}),
    )
    remove_logo = forms.BooleanField(
        required=False, label=gettext_lazy("Print no logo"), widget=UnfoldBooleanWidget
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["text"].initial = get_letterhead().text
        self.fields["logo"].help_text = _("PNG or JPEG of at most {size} KB; printed 15 mm high.").format(
            size=MAX_LOGO_BYTES // 1024
        )


@admin.register(Letterhead)
class LetterheadAdmin(ReadOnlyAdmin):
    """The history of letterheads; the newest is in force."""

    list_display = ("changed_at", "changed_by", "text", "logo_type")
    list_select_related = ("changed_by",)
    fields = list_display
    readonly_fields = fields
    actions = None
    actions_list = ("change_letterhead",)
    has_change_letterhead_permission = require_permission("feedback.add_letterhead")

    @admin_button(gettext_lazy("Change the letterhead"), "change_letterhead")
    def change_letterhead(self, request: HttpRequest) -> HttpResponse:
        """Ask for text and logo, and put them in force."""

        def perform(actor: User, data: Mapping[str, Any]) -> str:
            change_letterhead(data["text"], _choose_logo(data), actor)
            return _("Reports carry it from now on. Reports that were issued stay as they are.")

        text = _("It stands at the head of every report on a comparison, for everybody.")
        back = reverse("admin:feedback_letterhead_changelist")
        step = ConfirmationStep(
            _("Letterhead of reports"),
            text,
            _("Put in force"),
            back,
            perform,
            LetterheadForm,
            (LetterheadError,),
        )
        return handle_confirmation(self.admin_site, request, step)


def _choose_logo(data: Mapping[str, Any]) -> Logo:
    """Return the new logo, none, or that in force. Raises :class:`LetterheadError`."""
    if data["remove_logo"]:
        return Logo()
    if data["logo"]:
        return check_logo(data["logo"].read(MAX_LOGO_BYTES + 1))
    current = get_letterhead()
    return Logo(bytes(current.logo), current.logo_type)
