"""Settings of the admin theme: title, colours, and a menu of the pages that the user may open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy

from accounts.language.sentences import Text


def _build_permission_check(permission: str) -> Callable[[HttpRequest], bool]:
    def has_permission(request: HttpRequest) -> bool:
        return request.user.has_perm(permission)

    return has_permission


def _build_link(title: Text, icon: str, table: str, permission: str = "") -> dict[str, Any]:
    """Return a menu entry for the list of a model named ``app.model``, by its view permission or another."""
    app, model = table.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": _build_permission_check(permission or f"{app}.view_{model}"),
    }


def _build_report_link(title: Text, icon: str, name: str) -> dict[str, Any]:
    """Return a menu entry for a report."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy("analytics-report", args=[name]),
        "permission": _build_permission_check("analytics.view_reports"),
    }


def _get_page_name(request: HttpRequest) -> str:
    """Return the URL name of the requested page without its namespace."""
    return (request.resolver_match.url_name or "") if request.resolver_match else ""


def _is_review_page(request: HttpRequest) -> bool:
    """Whether the page belongs to the reviewer's own queue; the quality pages have entries of their own."""
    name = _get_page_name(request)
    return name.startswith("review-") and not name.startswith("review-quality-")


def _is_queue_page(request: HttpRequest) -> bool:
    return _get_page_name(request).startswith("feedback_reviewitem_")


def _is_guideline_text(request: HttpRequest) -> bool:
    return _get_page_name(request).startswith("guideline-")


def _is_version_page(request: HttpRequest) -> bool:
    return _get_page_name(request).startswith("feedback_guideline_")


UNFOLD_SETTINGS: dict[str, Any] = {
    "SITE_TITLE": gettext_lazy("Legal Name Comparison"),
    "SITE_HEADER": gettext_lazy("Legal Name Comparison"),
    "SITE_SUBHEADER": gettext_lazy("Material or immaterial?"),
    "SITE_SYMBOL": "balance",
    "SITE_URL": "/",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("matching/mark.svg")},
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "config.web.demonstration.describe_environment",
    "DASHBOARD_CALLBACK": "analytics.overview.page.add_overview",
    # The theme would write its colours into every page as an inline style; config/admin.css has them.
    "COLORS": lambda _request: {},
    "STYLES": [
        lambda _request: static("config/admin.css"),
        lambda _request: static("feedback/noscript.css"),
    ],
    "SCRIPTS": [lambda _request: static("config/accessible_names.js")],
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    {
                        "title": gettext_lazy("Notifications"),
                        "icon": "notifications",
                        "link": reverse_lazy("notifications-page"),
                        "badge": "notifications.context.show_unread_count",
                        "permission": _build_permission_check("notifications.receive_notifications"),
                    },
                ],
            },
            {
                "title": gettext_lazy("Review"),
                "items": [
                    {
                        "title": gettext_lazy("My review queue"),
                        "icon": "gavel",
                        "link": reverse_lazy("admin:review-queue"),
                        "active": _is_review_page,
                        "permission": _build_permission_check("feedback.change_reviewitem"),
                    },
                    {
                        "title": gettext_lazy("My review quality"),
                        "icon": "insights",
                        "link": reverse_lazy("admin:review-quality-mine"),
                        "permission": _build_permission_check("feedback.change_reviewitem"),
                    },
                    {
                        "title": gettext_lazy("Review quality"),
                        "icon": "balance",
                        "link": reverse_lazy("admin:review-quality-team"),
                        "permission": _build_permission_check("feedback.lead_review"),
                    },
                    {
                        **_build_link(gettext_lazy("Review items"), "inbox", "feedback.reviewitem"),
                        "active": _is_queue_page,
                    },
                    _build_link(gettext_lazy("Predictions"), "compare_arrows", "matching.prediction"),
                    _build_link(
                        gettext_lazy("Requests for review"), "contact_support", "feedback.reviewrequest"
                    ),
                    _build_link(gettext_lazy("Feedback"), "rate_review", "feedback.feedback"),
                    {
                        "title": gettext_lazy("Guideline"),
                        "icon": "menu_book",
                        "link": reverse_lazy("admin:guideline-text"),
                        "active": _is_guideline_text,
                        "permission": _build_permission_check("feedback.view_guideline"),
                    },
                    {
                        **_build_link(
                            gettext_lazy("Versions of the guideline"),
                            "history_edu",
                            "feedback.guideline",
                            "feedback.change_guideline",
                        ),
                        "active": _is_version_page,
                    },
                    _build_link(gettext_lazy("Precedents"), "account_balance", "feedback.precedent"),
                    _build_link(gettext_lazy("Precedents that answer"), "gavel", "matching.pairprecedent"),
                    _build_link(gettext_lazy("Gold items"), "target", "feedback.goldanswer"),
                    _build_link(gettext_lazy("Sampling rates and quotas"), "tune", "matching.reviewpolicy"),
                    _build_link(gettext_lazy("Bulk jobs"), "table_rows", "matching.batchjob"),
                ],
            },
            {
                "title": gettext_lazy("Reports"),
                "items": [
                    {
                        "title": gettext_lazy("Executive dashboard"),
                        "icon": "monitoring",
                        "link": reverse_lazy("analytics-executive"),
                        "permission": _build_permission_check("analytics.view_reports"),
                    },
                    {
                        "title": gettext_lazy("Review dashboard"),
                        "icon": "fact_check",
                        "link": reverse_lazy("analytics-review"),
                        "permission": _build_permission_check("feedback.lead_review"),
                    },
                    {
                        "title": gettext_lazy("Review quality figures"),
                        "icon": "balance",
                        "link": reverse_lazy("analytics-review-quality"),
                        "permission": _build_permission_check("analytics.view_review_quality"),
                    },
                    {
                        "title": gettext_lazy("Technical dashboard"),
                        "icon": "speed",
                        "link": reverse_lazy("analytics-technical"),
                        "permission": _build_permission_check("analytics.view_operations"),
                    },
                    _build_report_link(gettext_lazy("Daily metrics"), "calendar_month", "daily-metrics"),
                    _build_report_link(gettext_lazy("User activity"), "groups", "user-activity"),
                    _build_report_link(gettext_lazy("Model performance"), "show_chart", "model-performance"),
                ],
            },
            {
                "title": gettext_lazy("Models"),
                "items": [
                    _build_link(gettext_lazy("Live now"), "sensors", "modelops.liveslot"),
                    _build_link(gettext_lazy("Model versions"), "deployed_code", "modelops.modelversion"),
                    _build_link(
                        gettext_lazy("Promotion requests"), "how_to_vote", "modelops.promotionrequest"
                    ),
                    _build_link(gettext_lazy("Deployments"), "history", "modelops.deployment"),
                    _build_link(gettext_lazy("Serving processes"), "memory", "modelops.servingprocess"),
                    _build_link(gettext_lazy("Rollback drills"), "undo", "modelops.rollbackdrill"),
                    _build_link(gettext_lazy("Shadow scores"), "tonality", "matching.shadowscore"),
                    _build_link(gettext_lazy("Replays"), "replay", "matching.replay"),
                    {
                        "title": gettext_lazy("What was live at ..."),
                        "icon": "history_toggle_off",
                        "link": reverse_lazy("admin:matching_replay_live_at"),
                        "permission": _build_permission_check("modelops.view_deployment"),
                    },
                    _build_link(gettext_lazy("Training runs"), "model_training", "modelops.trainingrun"),
                    _build_link(gettext_lazy("Experiments"), "science", "experiments.experiment"),
                    _build_link(gettext_lazy("Exposures"), "visibility", "experiments.exposure"),
                    _build_link(
                        gettext_lazy("Recorded metrics"), "data_thresholding", "experiments.recordedmetric"
                    ),
                ],
            },
            {
                "title": gettext_lazy("Monitoring"),
                "items": [
                    _build_link(gettext_lazy("Alerts"), "notifications_active", "modelops.alert"),
                    _build_link(gettext_lazy("Drift reports"), "trending_up", "modelops.driftreport"),
                    _build_link(gettext_lazy("Training decisions"), "alt_route", "modelops.trainingdecision"),
                    _build_link(gettext_lazy("Metrics"), "monitoring", "modelops.modelmetric"),
                    _build_link(gettext_lazy("Thresholds"), "tune", "modelops.threshold"),
                    _build_link(gettext_lazy("Alert channels"), "campaign", "modelops.alertchannel"),
                    _build_link(gettext_lazy("Alert messages"), "outgoing_mail", "modelops.alertmessage"),
                    _build_link(gettext_lazy("Heartbeats"), "ecg_heart", "modelops.heartbeat"),
                ],
            },
            {
                "title": gettext_lazy("Users and audit"),
                "items": [
                    _build_link(gettext_lazy("Users"), "group", "accounts.user"),
                    _build_link(gettext_lazy("API keys"), "key", "accounts.apikey"),
                    _build_link(
                        gettext_lazy("Matters"),
                        "folder_shared",
                        "matters.matter",
                        "matters.administer_matters",
                    ),
                    _build_link(
                        gettext_lazy("Organisations"),
                        "domain",
                        "matters.organisation",
                        "matters.administer_matters",
                    ),
                    _build_link(gettext_lazy("Audit trail"), "receipt_long", "accounts.auditevent"),
                    {
                        "title": gettext_lazy("Evidence packs"),
                        "icon": "folder_zip",
                        "link": reverse_lazy("evidence"),
                        "permission": _build_permission_check("accounts.view_auditseal"),
                    },
                    _build_link(gettext_lazy("Exports of names"), "download", "matching.exportrequest"),
                    _build_link(gettext_lazy("Letterhead of reports"), "contract", "feedback.letterhead"),
                    _build_link(gettext_lazy("Webhooks"), "webhook", "webhooks.webhookendpoint"),
                    _build_link(
                        gettext_lazy("Webhook deliveries"), "outgoing_mail", "webhooks.webhookdelivery"
                    ),
                    _build_link(gettext_lazy("Erasures"), "ink_eraser", "accounts.erasure"),
                    _build_link(gettext_lazy("Retention rules"), "auto_delete", "accounts.retentionrule"),
                    _build_link(gettext_lazy("Failed sign-ins"), "lock_person", "axes.accessattempt"),
                    _build_link(gettext_lazy("Sign-ins"), "login", "axes.accesslog"),
                    _build_link(
                        gettext_lazy("Periodic tasks"), "event_repeat", "django_celery_beat.periodictask"
                    ),
                    _build_link(gettext_lazy("Periodic jobs"), "schedule", "modelops.jobrun"),
                ],
            },
        ],
    },
}
