"""The URL configuration of the project."""

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from accounts.api.password_page import PasswordView
from analytics import pages as evidence
from config.web import views
from config.web.sign_in import limit_attempts
from feedback.api import pages as feedback_pages
from matching.pages import views as pages

handler400 = "config.web.errors.bad_request"
handler403 = "config.web.errors.permission_denied"
handler404 = "config.web.errors.page_not_found"
handler500 = "config.web.errors.server_error"

_login_view = limit_attempts(
    LoginView.as_view(template_name="accounts/sign_in.html", redirect_authenticated_user=True)
)

urlpatterns = [
    path("", pages.compare_page, name="compare-page"),
    path("predictions/<uuid:pk>", pages.show_prediction, name="answer-page"),
    path("predictions/<uuid:pk>.json", pages.show_prediction_json, name="answer-json"),
    path("predictions/<uuid:pk>/feedback", feedback_pages.submit_feedback, name="feedback-page"),
    path("sign-in", _login_view, name="sign-in"),
    path("sign-out", LogoutView.as_view(), name="sign-out"),
    path("password", limit_attempts(PasswordView.as_view()), name="password"),
    path("admin/login/", limit_attempts(admin.site.login)),
    path("admin/password_change/", staff_member_required(RedirectView.as_view(pattern_name="password"))),
    path("admin/evidence/", evidence.show_evidence, name="evidence"),
    path("admin/evidence/<str:month>.zip", evidence.download_evidence, name="evidence-file"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("matching.api.urls")),
    path("api/v1/", include("feedback.api.urls")),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/docs",
        SpectacularSwaggerView.as_view(url_name="schema", template_name="api_docs.html"),
        name="api-docs",
    ),
    path("health", views.check_health, name="health"),
    path("ready", views.check_readiness, name="ready"),
    path("heartbeats", views.check_heartbeats, name="heartbeats"),
    path("metrics", views.export_metrics, name="metrics"),
]
