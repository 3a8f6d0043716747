"""Pages of one's own account: password, second factors and sessions."""

from __future__ import annotations

from typing import Any

from allauth.account.views import PasswordResetView
from allauth.mfa.base.views import IndexView
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LogoutView, PasswordChangeView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView

from accounts.audit import trail
from accounts.auth import policy
from accounts.auth.current_user import get_current_user
from accounts.auth.token_sessions import end_sessions
from accounts.models import TokenSession
from accounts.sign_in import mail
from accounts.sign_in.session_clock import CLEAR_SITE_DATA

_CHANGED_MESSAGE = gettext_lazy(
    "Your password is changed. You are signed in here, and nowhere else any more."
)

request_password_link = PasswordResetView.as_view(extra_context={"mail_is_configured": mail.is_configured})

to_account = RedirectView.as_view(pattern_name="mfa_index")


class PasswordView(PasswordChangeView):
    """Changes the user's own password; every other session and every token ends."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("start")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Save the new password and record the change in one transaction."""
        with transaction.atomic():
            form.user.must_change_password = False
            response: HttpResponse = super().form_valid(form)
            trail.record_event("user.password_changed", form.user, form.user)
        messages.success(self.request, _CHANGED_MESSAGE)
        return response


class SignOutView(LogoutView):
    """Ends the session, and has the browser forget what it kept of it."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign out."""
        response = super().post(request, *args, **kwargs)
        response["Clear-Site-Data"] = CLEAR_SITE_DATA
        return response


class AccountView(IndexView):  # type: ignore[misc]  # the package ships no types
    """Shows how the user signs in, and where they are signed in."""

    template_name = "accounts/account.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the password rule and the sessions."""
        user = get_current_user(self.request)
        return {
            **super().get_context_data(**kwargs),
            "may_use_password": policy.may_use_password(user) and user.has_usable_password(),
            "requires_second_factor": policy.requires_second_factor(user),
            "sessions": sorted(UserSession.objects.purge_and_list(user), key=lambda row: row.created_at),
            "token_sessions": TokenSession.objects.filter(user=user).open(timezone.now()),
        }


@login_required
@require_POST
@transaction.atomic
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign the user out everywhere else: on the pages and in API clients."""
    user = get_current_user(request)
    own = request.session.session_key
    get_adapter().end_sessions(list(UserSession.objects.filter(user=user).exclude(session_key=own)))
    open_sessions = TokenSession.objects.filter(user=user).open(timezone.now())
    end_sessions(list(open_sessions.select_related("user")), user, "by owner")
    messages.success(request, gettext("You are signed in here, and nowhere else any more."))
    return redirect("mfa_index")
