"""Admin pages that show what several apps know together."""

from analytics.admin import experiments

__all__ = ["experiments"]
