"""How the admin looks: title, colours, and a menu that shows only what one may open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    def allowed(request: HttpRequest) -> bool:
        return request.user.has_perm(permission)

    return allowed


def _link(title: str, icon: str, table: str) -> dict[str, Any]:
    """One entry of the menu, for a table named ``app.model``."""
    app, model = table.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": _may(f"{app}.view_{model}"),
    }


def _page(request: HttpRequest) -> str:
    """The name of the page asked for, without its app's prefix."""
    return (request.resolver_match.url_name or "") if request.resolver_match else ""


def _at_desk(request: HttpRequest) -> bool:
    """Whether the page is one of the desk: all of review but its figures, below the same address."""
    return _page(request).startswith("review-") and _page(request) not in ("review-mine", "review-quality")


def _in_queue(request: HttpRequest) -> bool:
    return _page(request).startswith("feedback_reviewitem_")


APPEARANCE: dict[str, Any] = {
    "SITE_TITLE": "Legal Name Comparison",
    "SITE_HEADER": "Legal Name Comparison",
    "SITE_SUBHEADER": "Material or immaterial?",
    "SITE_SYMBOL": "balance",
    "SITE_URL": "/",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("matching/mark.svg")},
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "analytics.dashboards.summary",
    # The theme would write its colours into every page as an inline style; config/admin.css has them instead.
    "COLORS": lambda _request: {},
    "STYLES": [
        lambda _request: static("config/admin.css"),
        lambda _request: static("feedback/noscript.css"),
    ],
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": "Review",
                "items": [
                    {
                        "title": "My desk",
                        "icon": "gavel",
                        "link": reverse_lazy("admin:review-desk"),
                        "active": _at_desk,
                        "permission": _may("feedback.change_reviewitem"),
                    },
                    {
                        "title": "How my reviews do",
                        "icon": "insights",
                        "link": reverse_lazy("admin:review-mine"),
                        "permission": _may("feedback.change_reviewitem"),
                    },
                    {
                        "title": "Quality of review",
                        "icon": "balance",
                        "link": reverse_lazy("admin:review-quality"),
                        "permission": _may("feedback.lead_review"),
                    },
                    {**_link("Queue", "inbox", "feedback.reviewitem"), "active": _in_queue},
                    _link("Answers", "compare_arrows", "matching.prediction"),
                    _link("Feedback", "rate_review", "feedback.feedback"),
                    _link("Guideline", "menu_book", "feedback.guideline"),
                    _link("Precedents", "account_balance", "feedback.precedent"),
                    _link("Known answers", "target", "feedback.goldanswer"),
                    _link("Shares and quotas", "tune", "matching.reviewpolicy"),
                    _link("Bulk jobs", "table_rows", "matching.batchjob"),
                ],
            },
            {
                "title": "Models",
                "items": [
                    _link("Live now", "sensors", "modelops.liveslot"),
                    _link("Versions", "deployed_code", "modelops.modelversion"),
                    _link("Promotion requests", "how_to_vote", "modelops.promotionrequest"),
                    _link("Deployments", "history", "modelops.deployment"),
                    _link("Processes", "memory", "modelops.servingprocess"),
                    _link("Rollback drills", "undo", "modelops.rollbackdrill"),
                    _link("Shadow scores", "tonality", "matching.shadowscore"),
                    _link("Replays", "replay", "matching.replay"),
                    {
                        "title": "What was live at ...",
                        "icon": "history_toggle_off",
                        "link": reverse_lazy("admin:matching_replay_live_at"),
                        "permission": _may("modelops.view_deployment"),
                    },
                    _link("Training", "model_training", "modelops.trainingrun"),
                    _link("Experiments", "science", "experiments.experiment"),
                    _link("Exposures", "visibility", "experiments.exposure"),
                ],
            },
            {
                "title": "Watch",
                "items": [
                    _link("Alerts", "notifications_active", "modelops.alert"),
                    _link("Drift reports", "trending_up", "modelops.driftreport"),
                    _link("Training decisions", "alt_route", "modelops.trainingdecision"),
                    _link("Measured figures", "monitoring", "modelops.modelmetric"),
                    _link("Limits", "tune", "modelops.threshold"),
                    _link("Alert channels", "campaign", "modelops.alertchannel"),
                    _link("Sent messages", "outgoing_mail", "modelops.alertmessage"),
                    _link("Signs of life", "ecg_heart", "modelops.heartbeat"),
                ],
            },
            {
                "title": "Trust",
                "items": [
                    _link("People", "group", "accounts.user"),
                    _link("API keys", "key", "accounts.apikey"),
                    _link("Audit trail", "receipt_long", "accounts.auditevent"),
                    {
                        "title": "Evidence packs",
                        "icon": "folder_zip",
                        "link": reverse_lazy("evidence"),
                        "permission": _may("accounts.view_auditseal"),
                    },
                    _link("Erasures", "ink_eraser", "accounts.erasure"),
                    _link("Retention", "auto_delete", "accounts.retentionrule"),
                    _link("Periodic jobs", "schedule", "modelops.jobrun"),
                ],
            },
        ],
    },
}
