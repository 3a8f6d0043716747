"""The admin pages of matching; importing the package registers them."""

from matching.admin import jobs, predictions, replays

__all__ = ["jobs", "predictions", "replays"]
