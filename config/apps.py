"""The app that registers the system checks and the Celery application."""

from pathlib import Path

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import Tags, register

from accounts.language.model_texts import translate_models
from config import celery, checks, deployment_checks


class ConfigConfig(AppConfig):
    """The project configuration as an app: system checks, no models.

    It is ready before the admin, whose forms copy the names of columns.
    """

    name = "config"

    def ready(self) -> None:
        """Register the checks, and make this project's Celery application the default of the process.

        Without the default, threads of a web process would send tasks to Celery's default broker on
        localhost, which does not exist.
        """
        own = [config for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR]
        translate_models(own)
        celery.app.set_default()
        register(checks.check_cache, Tags.caches)
        register(checks.check_keys, Tags.security)
        register(checks.check_fallback_keys, Tags.security)
        register(checks.check_audit_receivers, Tags.security)
        register(checks.check_proxies, Tags.security, deploy=True)
        register(checks.check_embedded_servers, Tags.security, deploy=True)
        for check in deployment_checks.ALWAYS:
            register(check, Tags.compatibility)
        for check in deployment_checks.ON_DEPLOYMENT:
            register(check, Tags.compatibility, deploy=True)
