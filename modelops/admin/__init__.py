"""The admin pages of modelops; importing the package registers them."""

from modelops.admin import alerting, models, monitoring, operations, promotion, training

__all__ = ["alerting", "models", "monitoring", "operations", "promotion", "training"]
