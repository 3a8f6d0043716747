"""All settings, read from the environment; docs/settings.md lists every variable.

Defaults are those of production. Without DATABASE_URL the embedded mode runs PostgreSQL and stores generated
secrets under VAR_DIR; outside it no secret has a default.
"""

import math
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery.schedules import crontab

from config import env
from config.audit_settings import *  # noqa: F403 - a part of this file
from config.local.embedded import EmbeddedServers, get_home_folder, needs_owner
from config.logging import configure_logging
from config.messaging_settings import *  # noqa: F403 - a part of this file
from config.messaging_settings import NOTIFICATION_SCHEDULE
from config.monitoring_settings import *  # noqa: F403 - a part of this file
from config.review_settings import *  # noqa: F403 - a part of this file
from config.sign_in_settings import *  # noqa: F403 - a part of this file
from config.web.language_settings import *  # noqa: F403 - a part of this file
from config.web.navigation import UNFOLD_SETTINGS
from config.web.schema_settings import SPECTACULAR_SETTINGS  # noqa: F401 - a setting

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = get_home_folder()

# --- Embedded mode -------------------------------------------------------------------------------
_database_url = env.read_text("DATABASE_URL")
_redis_url = env.read_text("REDIS_URL")
_servers = EmbeddedServers(VAR_DIR)
EMBEDDED_DATABASE = not _database_url
EMBEDDED = EMBEDDED_DATABASE or not _redis_url


def _read_secret(name: str, purpose: str) -> str:
    """Return a secret from the environment; without the variable the embedded mode generates one."""
    value = env.read_text(name)
    if value or not EMBEDDED_DATABASE:
        return value or env.read_required(name, purpose)
    return _servers.load_secret(name.lower())


# --- Keys ----------------------------------------------------------------------------------------
SECRET_KEY = _read_secret("SECRET_KEY", "signs sessions and forms")
SECRET_KEY_FALLBACKS = env.read_list("SECRET_KEY_FALLBACKS")
JWT_SIGNING_KEY = _read_secret("JWT_SIGNING_KEY", "signs access and refresh tokens")
# Verify the tokens they signed until those expire; they sign no new ones.
JWT_SIGNING_KEY_FALLBACKS = env.read_list("JWT_SIGNING_KEY_FALLBACKS")
NAME_DIGEST_KEY = _read_secret("NAME_DIGEST_KEY", "keys the digests of names and pairs")
API_KEY_PEPPER = _read_secret("API_KEY_PEPPER", "keys the digests of API keys")
ARTEFACT_KEY = _read_secret("ARTEFACT_KEY", "signs model artefacts")
AUDIT_KEY = _read_secret("AUDIT_KEY", "authenticates the audit trail")
# Verify the seals and checkpoints they made; they make no new ones.
AUDIT_KEY_FALLBACKS = env.read_list("AUDIT_KEY_FALLBACKS")
# The first key encrypts, every key decrypts: put a new key first and keep the old until the rotation ends.
FIELD_ENCRYPTION_KEY = [
    part.strip()
    for part in _read_secret("FIELD_ENCRYPTION_KEYS", "encrypts names at rest").split(",")
    if part.strip()
]

# --- Hosts, proxies, HTTPS -----------------------------------------------------------------------
DEBUG = env.read_boolean("DEBUG", False)
# Marks every page of an installation that was filled by `make demo`.
IS_DEMONSTRATION = env.read_boolean("DEMONSTRATION", False)
ALLOWED_HOSTS = env.read_list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]" if EMBEDDED_DATABASE else "")
CSRF_TRUSTED_ORIGINS = env.read_list("CSRF_TRUSTED_ORIGINS")
NUM_PROXIES = env.read_integer("NUM_PROXIES", 0 if EMBEDDED_DATABASE else None)
HTTPS = env.read_boolean("HTTPS", not EMBEDDED_DATABASE)

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^ready$", r"^heartbeats$", r"^metrics$"]
SECURE_HSTS_SECONDS = env.read_count("HSTS_SECONDS", 31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and NUM_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
# The prefix makes browsers refuse the cookie from another host of the domain or without HTTPS.
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie of its own
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = env.read_count("MAX_BODY_BYTES", 4 * 1024 * 1024)

# --- Appearance ----------------------------------------------------------------------------------
UNFOLD = UNFOLD_SETTINGS

# --- Application ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "axes",
    "django_celery_beat",
    "django_prometheus",
    "drf_spectacular",
    "encrypted_model_fields",
    "import_export",
    "rest_framework",
    "accounts",
    "notifications",
    "webhooks",
    "modelops",
    "experiments",
    "matters",
    "matching",
    "feedback",
    "analytics",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "config.web.middleware.AnswerCountMiddleware",
    "config.web.middleware.RequestContextMiddleware",
    "accounts.middleware.RateLimitHeadersMiddleware",
    "config.web.middleware.PlainHttpMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.web.middleware.CacheControlMiddleware",
    "config.web.middleware.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.web.middleware.ProbeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.language.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.sign_in.middleware.SignInPolicyMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.web.demonstration.add_demonstration_flag",
                "notifications.context.add_unread_count",
                "accounts.language.context.add_languages",
            ],
        },
    }
]
TIME_ZONE = "UTC"
USE_TZ = True

# --- Data ----------------------------------------------------------------------------------------
# The application's role owns no table, so it can only append to the audit trail. The owner's address is set
# for `prepare`, which migrates and grants, and nowhere else.
_application_url = _database_url or _servers.postgres.build_application_url()
_owner_url = env.read_text("DATABASE_OWNER_URL")
if EMBEDDED_DATABASE and not _owner_url and needs_owner(sys.argv[1:]):
    _owner_url = _servers.postgres.build_url()
DATABASE_APPLICATION_ROLE = env.parse_database_url(_application_url)["USER"]
# What the process is, which says how long it may wait for the database.
PROCESS_ROLE = env.read_text("PROCESS_ROLE", "command")
# PgBouncer in transaction mode takes no options at the start of a connection and gives each transaction
# another one: no cursor outlives its transaction.
_pools_by_transaction = env.read_transaction_pooling(PROCESS_ROLE)
_database_options = "" if _pools_by_transaction else env.read_database_timeouts(PROCESS_ROLE)
DATABASES = {
    "default": {
        **env.parse_database_url(_owner_url or _application_url, _database_options),
        "CONN_MAX_AGE": env.read_count("CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": _pools_by_transaction,
    }
}
# Without a database number: 0 is the broker, 1 the cache and the rate limits.
REDIS_URL = (_redis_url or _servers.valkey.build_url()).rstrip("/")
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"{REDIS_URL}/1",
        "KEY_PREFIX": "legal-names",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
}
PREDICTION_CACHE_SECONDS = env.read_count("PREDICTION_CACHE_SECONDS", 3600)

# --- Static files --------------------------------------------------------------------------------
STATIC_URL = "static/"
_static_root = Path(env.read_text("STATIC_ROOT", str(VAR_DIR / "static")))
STATIC_ROOT: Path | None = None if EMBEDDED_DATABASE else _static_root
STATICFILES_DIRS = [folder for folder in (BASE_DIR / "static",) if folder.is_dir()]
# The embedded mode serves files directly from the packages and needs no collectstatic.
WHITENOISE_USE_FINDERS = EMBEDDED_DATABASE
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED_DATABASE
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Bulk jobs -----------------------------------------------------------------------------------
JOBS_DIR = env.read_text("JOBS_DIR", str(VAR_DIR / "jobs"))
JOB_MAX_BYTES = env.read_count("JOB_MAX_BYTES", 2 * 1024**3)
JOB_MAX_ROWS = env.read_count("JOB_MAX_ROWS", 5_000_000)
JOB_CHUNK_SECONDS = env.read_count("JOB_CHUNK_SECONDS", 60)
JOBS_KEPT_DAYS = env.read_count("JOBS_KEPT_DAYS", 7)

# --- Users and tokens ----------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "/"
CSRF_FAILURE_VIEW = "config.web.errors.csrf_failure"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.auth.backends.RoleBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "accounts.sign_in.passwords.ContextWordsValidator"},
    {"NAME": "accounts.sign_in.passwords.BreachedPasswordsValidator"},
]
# By user and address together: otherwise one stranger locks out a user everywhere, or everybody behind a
# proxy. A lock ends when it was to end: failures during it are neither counted nor do they prolong it.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "accounts.auth.backends.get_login_email"
AXES_LOCKOUT_CALLABLE = "config.web.errors.handle_lockout"
AXES_FAILURE_LIMIT = env.read_count("LOGIN_FAILURE_LIMIT", 10)
AXES_COOLOFF_TIME = timedelta(minutes=env.read_count("LOGIN_COOLOFF_MINUTES", 15))
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "accounts.auth.client_address.get_client_network"
ADMIN_EMAIL = env.read_text("ADMIN_EMAIL", "admin@example.com" if EMBEDDED_DATABASE else "")
ADMIN_PASSWORD = env.read_text("ADMIN_PASSWORD")

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(hours=24),
    "CHECK_REVOKE_TOKEN": True,  # a password change ends every session
    "UPDATE_LAST_LOGIN": True,
    "AUTH_TOKEN_CLASSES": ("accounts.auth.tokens.AccessToken",),  # verifies with several keys
    "USER_ID_FIELD": "id",
    "USER_ID_CLAIM": "sub",
}
SESSION_MAX_AGE = timedelta(hours=24)  # from sign-in, however often the refresh token rotates
API_RATE: str = env.read_text("API_RATE", "600/min")
BATCH_RATE: str = env.read_text("BATCH_RATE", "20000/min")
BYTE_RATE: str = env.read_text("BYTE_RATE", "1000000000/h")
REGISTRY_PROFILES: bool = env.read_boolean("REGISTRY_PROFILES", default=False)
JOB_RATE: str = env.read_text("JOB_RATE", "10000000/h")
LOGIN_RATE: str = env.read_text("LOGIN_RATE", "30/min")
REFRESH_RATE: str = env.read_text("REFRESH_RATE", "120/min")
ACCOUNT_FAILURE_RATE: str = env.read_text("ACCOUNT_FAILURE_RATE", "100/d")
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.auth.authentication.TokenAuthentication",
        "accounts.auth.authentication.ApiKeyAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.auth.permissions.HasPermissionAndScope"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.auth.throttles.PrincipalThrottle"],
    "EXCEPTION_HANDLER": "accounts.api.problems.handle_exception",
    "DEFAULT_RENDERER_CLASSES": ["accounts.api.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.api.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "NUM_PROXIES": NUM_PROXIES,
    "URL_FORMAT_OVERRIDE": None,  # clients select a media type by the Accept header only
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# --- Background tasks ----------------------------------------------------------------------------
CELERY_BROKER_URL = f"{REDIS_URL}/0"
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "modelops.tasks.train*": {"queue": "train"},
    "feedback.tasks.retrain*": {"queue": "train"},
    "matching.tasks.*": {"queue": "jobs"},
    "feedback.tasks.monitor*": {"queue": "monitor"},
    "analytics.tasks.check_guardrails": {"queue": "monitor"},
    "analytics.tasks.roll_up_hours": {"queue": "monitor"},
    "modelops.tasks.notify*": {"queue": "notify"},
    "accounts.tasks.send_account_mail": {"queue": "notify"},
    "webhooks.tasks.*": {"queue": "webhooks"},
    "notifications.tasks.send_mail": {"queue": "notify"},
}
# Only idempotent tasks set acks_late, each at its definition; the broker redelivers those of a lost worker.
CELERY_TASK_ACKS_LATE = False
# A message that kills its process is not delivered again: rows say what is left to do, and beat resumes it.
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 6 * 60 * 60}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Seconds after which a task is stopped by an exception, then by killing its process.
CELERY_TASK_SOFT_TIME_LIMIT = 10 * 60
CELERY_TASK_TIME_LIMIT = 11 * 60
_HOUR = {"soft_time_limit": 60 * 60, "time_limit": 61 * 60}
_TRAINING = {"soft_time_limit": 5 * 60 * 60, "time_limit": 5 * 60 * 60 + 300}
CELERY_TASK_ANNOTATIONS = {
    "matching.tasks.compare_next_chunk": {
        "soft_time_limit": JOB_CHUNK_SECONDS,
        "time_limit": math.ceil(JOB_CHUNK_SECONDS * 1.25),
    },
    "matching.tasks.compare_chunks": {
        "soft_time_limit": JOB_CHUNK_SECONDS + 20,
        "time_limit": math.ceil((JOB_CHUNK_SECONDS + 20) * 1.25),
    },
    "matching.tasks.prepare_job": _HOUR,
    "matching.tasks.replay_day": _HOUR,
    "accounts.tasks.finish_erasures": _HOUR,
    "accounts.tasks.apply_retention": _HOUR,
    "analytics.tasks.pack_evidence": _HOUR,
    "analytics.tasks.roll_up_hours": _HOUR,
    "analytics.tasks.send_digests": _HOUR,
    "feedback.tasks.monitor_daily": _HOUR,
    "feedback.tasks.retrain_model": _TRAINING,
    "feedback.tasks.retrain_queued_run": _TRAINING,
}
# Every scheduled task may run twice without harm.
CELERY_BEAT_SCHEDULE = {
    "delete expired responses": {"task": "accounts.tasks.delete_expired_responses", "schedule": 900.0},
    "store API usage": {"task": "accounts.tasks.store_api_usage", "schedule": 30.0},
    "seal audit trail": {"task": "accounts.tasks.seal_audit_trail", "schedule": 10.0},
    "score shadow models": {"task": "matching.tasks.score_shadows", "schedule": 15.0},
    "resume replays": {"task": "matching.tasks.resume_replays", "schedule": 60.0},
    "resume bulk jobs": {"task": "matching.tasks.resume_jobs", "schedule": 15.0},
    "delete expired bulk jobs": {"task": "matching.tasks.delete_expired_jobs", "schedule": 3600.0},
    "anchor audit trail": {"task": "accounts.tasks.anchor_audit_trail", "schedule": crontab(minute=5)},
    "forward audit trail": {"task": "accounts.tasks.forward_audit_trail", "schedule": 10.0},
    "build evidence pack": {"task": "analytics.tasks.pack_evidence", "schedule": crontab(hour=4, minute=0)},
    "finish erasures": {"task": "accounts.tasks.finish_erasures", "schedule": 60.0},
    "apply retention": {"task": "accounts.tasks.apply_retention", "schedule": crontab(hour=3, minute=15)},
    "delete leftover documents": {"task": "feedback.tasks.delete_leftover_documents", "schedule": 3600.0},
    "collect review items": {"task": "feedback.tasks.collect_review_items", "schedule": 60.0},
    "reap training runs": {"task": "feedback.tasks.reap_training_runs", "schedule": 60.0},
    "monitor hourly": {"task": "feedback.tasks.monitor_hourly", "schedule": crontab(minute="5,20,35,50")},
    "monitor daily": {"task": "feedback.tasks.monitor_daily", "schedule": crontab(hour="2", minute="0")},
    "record heartbeat": {"task": "modelops.tasks.record_heartbeat", "schedule": 60.0},
    "check guardrails": {"task": "analytics.tasks.check_guardrails", "schedule": 60.0},
    "roll up hours": {"task": "analytics.tasks.roll_up_hours", "schedule": 300.0},
    "send weekly digest": {"task": "analytics.tasks.send_digests", "schedule": crontab(minute=40)},
    "send notifications": {"task": "modelops.tasks.notify_people", "schedule": 15.0},
    **NOTIFICATION_SCHEDULE,
    "send webhooks": {"task": "webhooks.tasks.send_due_messages", "schedule": 15.0},
    "mirror registry aliases": {"task": "modelops.tasks.mirror_registry_aliases", "schedule": 300.0},
}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"

# The module that validates a model before its promotion; it has the functions of
# modelops.validation.validator.ModelValidator.
MODEL_VALIDATOR = "matching.training.validation"

# --- Model registry ------------------------------------------------------------------------------
MLFLOW_TRACKING_URI = env.read_text("MLFLOW_TRACKING_URI", f"sqlite:///{VAR_DIR / 'mlflow' / 'mlflow.db'}")
MLFLOW_ARTIFACT_ROOT = env.read_text("MLFLOW_ARTIFACT_ROOT", str(VAR_DIR / "mlflow" / "artifacts"))
MLFLOW_EXPERIMENT = env.read_text("MLFLOW_EXPERIMENT", "legal_name_comparison")

# --- Alerts and logs -----------------------------------------------------------------------------
# Base URL of this service, used for the links in alerts.
PUBLIC_URL = env.read_text("PUBLIC_URL", f"http://127.0.0.1:{env.read_text('PORT', '5001')}").rstrip("/")
LOG_LEVEL = env.read_text("LOG_LEVEL", "INFO")
LOGGING = configure_logging(LOG_LEVEL)
