"""The admin pages of matching; importing the package registers them."""

from matching.admin import exports, jobs, predictions, replays

__all__ = ["exports", "jobs", "predictions", "replays"]
