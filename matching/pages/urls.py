"""Routes of saved filters and of the pages of bulk jobs."""

from __future__ import annotations

from django.urls import path

from matching.pages import jobs, saved_filters, uploads

urlpatterns = [
    path("history/filters", saved_filters.save_filter, name="saved-filters-page"),
    path("history/filters/<int:pk>/remove", saved_filters.remove_filter, name="saved-filter-delete-page"),
    path("jobs", uploads.show_jobs, name="jobs-page"),
    path("jobs/files/<uuid:pk>", uploads.show_draft, name="job-draft-page"),
    path("jobs/files/<uuid:pk>/delete", uploads.discard_draft, name="job-draft-delete-page"),
    path("jobs/<uuid:pk>", jobs.show_job, name="job-page"),
    path("jobs/<uuid:pk>/progress", jobs.show_job_progress, name="job-progress-page"),
    path("jobs/<uuid:pk>/result", jobs.download_result, name="job-result-page"),
    path("jobs/<uuid:pk>/cancel", jobs.cancel_job, name="job-cancel-page"),
    path("jobs/<uuid:pk>/delete", jobs.delete_job, name="job-delete-page"),
]
