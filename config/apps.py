"""Registers the system checks of the set-up, and makes our Celery application the one of every process."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from config import celery, checks


class ConfigConfig(AppConfig):
    """The set-up itself: it has no models, only checks."""

    name = "config"

    def ready(self) -> None:
        """Register every check once the settings are complete.

        Without the default, the threads of a web process would send their tasks to a broker on this machine
        that nobody runs.
        """
        celery.app.set_default()
        register(checks.check_cache, Tags.caches)
        register(checks.check_keys, Tags.security)
        register(checks.check_fallback_keys, Tags.security)
        register(checks.check_proxies, Tags.security, deploy=True)
        register(checks.check_embedded_servers, Tags.security, deploy=True)
