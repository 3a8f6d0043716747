"""API routes of feedback."""

from __future__ import annotations

from django.urls import path

from feedback.api.document_views import DocumentsView, DocumentView
from feedback.api.job_review_views import JobReviewView
from feedback.api.memo_views import MemoView
from feedback.api.message_views import MessagesView
from feedback.api.report_views import ReportView
from feedback.api.request_views import ReviewAnswerView, ReviewRequestsView, WithdrawReviewRequestView
from feedback.api.views import FeedbackView

urlpatterns = [
    path("feedback", FeedbackView.as_view(), name="feedback"),
    path("predictions/<uuid:pk>/memo", MemoView.as_view(), name="prediction-memo"),
    path("predictions/<uuid:pk>/reports", ReportView.as_view(), name="prediction-reports"),
    path("predictions/<uuid:pk>/review-requests", ReviewRequestsView.as_view(), name="review-requests"),
    path(
        "predictions/<uuid:pk>/review-requests/withdraw",
        WithdrawReviewRequestView.as_view(),
        name="review-request-withdraw",
    ),
    path("predictions/<uuid:pk>/documents", DocumentsView.as_view(), name="review-documents"),
    path(
        "predictions/<uuid:pk>/documents/<uuid:document_pk>", DocumentView.as_view(), name="review-document"
    ),
    path("jobs/<uuid:pk>/review-requests", JobReviewView.as_view(), name="job-review"),
    path("predictions/<uuid:pk>/messages", MessagesView.as_view(), name="review-messages"),
    path("predictions/<uuid:pk>/review-requests/answer", ReviewAnswerView.as_view(), name="review-answer"),
]
