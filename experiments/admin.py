"""Admin of exposures and recorded metrics; that of experiments shows results and so stands in analytics."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin_tools import BoundedPaginator, ReadOnlyAdmin
from experiments.models import Exposure, RecordedMetric


@admin.register(Exposure)
class ExposureAdmin(ReadOnlyAdmin):
    """First exposures of users to an arm."""

    list_display = ("at", "experiment", "arm", "phase", "user")
    list_select_related = ("experiment", "user")
    list_filter = ("arm",)
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = list_display
    readonly_fields = list_display
    actions = None


@admin.register(RecordedMetric)
class RecordedMetricAdmin(ReadOnlyAdmin):
    """Outcomes that clients recorded, and failed comparisons."""

    list_display = ("at", "experiment", "name", "value", "arm", "phase", "user")
    list_select_related = ("experiment", "user")
    list_filter = ("arm",)
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display, "event")
    readonly_fields = fields
    actions = None
