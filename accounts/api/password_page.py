"""The page on which users change their own password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse_lazy

from accounts.audit import trail

_CHANGED_MESSAGE = "Your password is changed. You are signed in here, and nowhere else any more."


class PasswordView(PasswordChangeView):
    """Changes the user's own password; every other session and every token ends."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("compare-page")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Save the new password and record the change in one transaction."""
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            trail.record_event("user.password_changed", form.user, form.user)
        messages.success(self.request, _CHANGED_MESSAGE)
        return response
