"""The page of one's own account."""

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
    """Change one's own password: every other session and every token ends, and an event says so."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("compare-page")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Keep the new password and the event together."""
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)
            trail.record_event("user.password_changed", form.user, form.user)
        messages.success(self.request, _CHANGED_MESSAGE)
        return answer
