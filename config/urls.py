"""The URL configuration of the project."""

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from accounts.language.pages import choose as choose_language
from analytics import pages as evidence
from config.web import api_docs, installable, views
from config.web.schema import SharedSchemaGenerator
from config.web.start import ask_to_sign_in, open_start
from feedback.api import document_pages, matter_pages, message_views, report_pages, request_pages
from feedback.api import pages as feedback_pages
from feedback.pages.job_rows import send_job_rows
from matching.pages import history
from matching.pages import views as pages

handler400 = "config.web.errors.bad_request"
handler403 = "config.web.errors.permission_denied"
handler404 = "config.web.errors.page_not_found"
handler500 = "config.web.errors.server_error"

urlpatterns = [
    path("", pages.compare_page, name="compare-page"),
    path("share", pages.fill_form, name="share-page"),
    path("manifest.webmanifest", installable.show_manifest, name="manifest"),
    path("service-worker.js", installable.show_service_worker, name="service-worker"),
    path("offline", installable.show_offline, name="offline-page"),
    path("history", history.show_history, name="history-page"),
    path("predictions/<uuid:pk>", pages.show_prediction, name="answer-page"),
    path("predictions/<uuid:pk>/again", pages.compare_again, name="again-page"),
    path("predictions/<uuid:pk>.json", pages.show_prediction_json, name="answer-json"),
    path("predictions/<uuid:pk>/feedback", feedback_pages.submit_feedback, name="feedback-page"),
    path("predictions/<uuid:pk>/memo", feedback_pages.download_memo, name="memo-page"),
    path("predictions/<uuid:pk>/report", report_pages.download_report, name="report-page"),
    path("verify", report_pages.verify_report, name="verify-page"),
    path("verify/verify_proof.py", report_pages.download_verifier, name="verify-program"),
    path("predictions/<uuid:pk>/ask", request_pages.ask_reviewer, name="review-request-page"),
    path("predictions/<uuid:pk>/answer", request_pages.answer, name="review-answer-page"),
    path("predictions/<uuid:pk>/withdraw", request_pages.withdraw, name="review-withdraw-page"),
    path("predictions/<uuid:pk>/messages", message_views.send_message, name="review-messages-page"),
    path("predictions/<uuid:pk>/documents", document_pages.send, name="review-documents-page"),
    path(
        "predictions/<uuid:pk>/documents/<uuid:document_pk>",
        document_pages.download,
        name="review-document-page",
    ),
    path(
        "predictions/<uuid:pk>/documents/<uuid:document_pk>/delete",
        document_pages.delete,
        name="review-document-delete-page",
    ),
    path("", include("matching.pages.urls")),
    path("jobs/<uuid:pk>/reviewers", send_job_rows, name="job-review-page"),
    path("", include("notifications.urls")),
    path("", include("accounts.sign_in.urls")),
    path("matters/<uuid:pk>", matter_pages.show_matter, name="matter-page"),
    path("", include("matters.urls")),
    path("", include("accounts.api_keys.urls")),
    path("", include("webhooks.urls")),
    path("language", choose_language, name="language"),
    path("scim/v2/", include("accounts.sign_in.scim_urls")),
    path("start", open_start, name="start"),
    path("admin/login/", ask_to_sign_in),
    path(
        "admin/password_change/",
        staff_member_required(RedirectView.as_view(pattern_name="account_change_password")),
    ),
    path("digest/<str:token>", evidence.unsubscribe_from_digest, name="digest-unsubscribe"),
    path("admin/evidence/", evidence.show_evidence, name="evidence"),
    path("admin/evidence/<str:month>.zip", evidence.download_evidence, name="evidence-file"),
    path("admin/analytics/", include("analytics.admin.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("notifications.api.urls")),
    path("api/v1/", include("matters.api.urls")),
    path("api/v1/", include("matching.api.urls")),
    path("api/v1/", include("feedback.api.urls")),
    path("api/v1/", include("analytics.api.urls")),
    path("api/v1/", include("webhooks.api.urls")),
    path("api/schema", SpectacularAPIView.as_view(generator_class=SharedSchemaGenerator), name="schema"),
    path("api/docs", api_docs.show_guide, name="api-docs"),
    path("api/docs/reference", api_docs.show_reference, name="api-reference"),
    path("api/docs/token", api_docs.issue_console_token, name="api-console-token"),
    path("health", views.check_health, name="health"),
    path("ready", views.check_readiness, name="ready"),
    path("heartbeats", views.check_heartbeats, name="heartbeats"),
    path("metrics", views.export_metrics, name="metrics"),
]
