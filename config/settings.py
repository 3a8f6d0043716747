"""All settings, read from the environment; docs/settings.md lists every variable.

Defaults are those of production. Without DATABASE_URL the embedded mode runs PostgreSQL and stores generated
secrets under VAR_DIR; outside it no secret has a default.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from celery.schedules import crontab

from config import env
from config.local.embedded import EmbeddedServers, get_home_folder
from config.logging import configure_logging
from config.web.navigation import UNFOLD_SETTINGS

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
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
METRICS_TOKEN = env.read_text("METRICS_TOKEN")
DATA_UPLOAD_MAX_MEMORY_SIZE = env.read_count("MAX_BODY_BYTES", 4 * 1024 * 1024)

# --- Appearance ----------------------------------------------------------------------------------
UNFOLD = UNFOLD_SETTINGS

# --- Application ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "axes",
    "django_celery_beat",
    "django_prometheus",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "encrypted_model_fields",
    "import_export",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "config",
    "accounts",
    "modelops",
    "experiments",
    "matching",
    "feedback",
    "analytics",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "config.web.middleware.RequestContextMiddleware",
    "accounts.middleware.RateLimitHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.web.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
            ],
        },
    }
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Data ----------------------------------------------------------------------------------------
DATABASES = {
    "default": {
        **env.parse_database_url(_database_url or _servers.postgres.build_url()),
        "CONN_MAX_AGE": env.read_count("CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
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

# Copy the anchors to another machine: only they reveal that the end of the audit chain was cut.
AUDIT_ANCHOR_PATH = env.read_text("AUDIT_ANCHOR_PATH", str(VAR_DIR / "anchors.jsonl"))
AUDIT_ANCHOR_EMAILS = env.read_list("AUDIT_ANCHOR_EMAILS")
EVIDENCE_DIR = env.read_text("EVIDENCE_DIR", str(VAR_DIR / "evidence"))
# The lists of tables and files that hold names. Order matters: what refers to a prediction comes before it.
ERASURE_TARGET_LISTS = (
    "feedback.erasure.ERASURE_TARGETS",
    "matching.privacy.erasure.ERASURE_TARGETS",
    "accounts.privacy.erasure.ERASURE_TARGETS",
)
# The lists of data kinds that are deleted after some days; an administrator sets the days in a table.
RETENTION_KIND_LISTS = (
    "accounts.privacy.retention_kinds.RETENTION_KINDS",
    "matching.privacy.retention_kinds.RETENTION_KINDS",
)

# --- Static files --------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT: Path | None = None if EMBEDDED_DATABASE else VAR_DIR / "static"
STATICFILES_DIRS = [folder for folder in (BASE_DIR / "static",) if folder.is_dir()]
# The embedded mode serves files directly from the packages and needs no collectstatic.
WHITENOISE_USE_FINDERS = EMBEDDED_DATABASE
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED_DATABASE
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = VAR_DIR / "files"

# --- Bulk jobs -----------------------------------------------------------------------------------
JOBS_DIR = env.read_text("JOBS_DIR", str(VAR_DIR / "jobs"))
JOB_MAX_BYTES = env.read_count("JOB_MAX_BYTES", 2 * 1024**3)
JOB_MAX_ROWS = env.read_count("JOB_MAX_ROWS", 5_000_000)
JOBS_KEPT_DAYS = env.read_count("JOBS_KEPT_DAYS", 7)

# --- Users and tokens ----------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
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
]
# By user and address together: otherwise the failures of one user lock out everybody behind one proxy.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "accounts.auth.backends.get_login_email"
AXES_LOCKOUT_CALLABLE = "config.web.errors.handle_lockout"
AXES_FAILURE_LIMIT = env.read_count("LOGIN_FAILURE_LIMIT", 10)
AXES_COOLOFF_TIME = timedelta(minutes=env.read_count("LOGIN_COOLOFF_MINUTES", 15))
AXES_RESET_ON_SUCCESS = True
AXES_IPWARE_PROXY_COUNT = NUM_PROXIES
ADMIN_EMAIL = env.read_text("ADMIN_EMAIL", "admin@example.com" if EMBEDDED_DATABASE else "")
ADMIN_PASSWORD = env.read_text("ADMIN_PASSWORD")

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(hours=24),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_REVOKE_TOKEN": True,  # a password change ends every session
    "UPDATE_LAST_LOGIN": True,
    "AUTH_TOKEN_CLASSES": ("accounts.auth.tokens.AccessToken",),  # verifies with several keys
    "USER_ID_FIELD": "id",
    "USER_ID_CLAIM": "sub",
}
SESSION_MAX_AGE = timedelta(hours=24)  # from sign-in, however often the refresh token rotates
API_RATE: str = env.read_text("API_RATE", "600/min")
BATCH_RATE: str = env.read_text("BATCH_RATE", "20000/min")
REGISTRY_PROFILES: bool = env.read_boolean("REGISTRY_PROFILES", default=False)
JOB_RATE: str = env.read_text("JOB_RATE", "10000000/h")
LOGIN_RATE: str = env.read_text("LOGIN_RATE", "30/min")
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
SPECTACULAR_SETTINGS = {
    "TITLE": "Legal Name Comparison",
    "DESCRIPTION": "Is the difference between two legal names material? Not legal advice.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "accounts.api.openapi.add_error_responses",
        "config.web.openapi.add_headers_and_examples",
    ],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
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
    "modelops.tasks.notify*": {"queue": "notify"},
}
# Only idempotent tasks set acks_late, each at its definition; the broker redelivers those of a lost worker.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 6 * 60 * 60}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Every scheduled task may run twice without harm.
CELERY_BEAT_SCHEDULE = {
    "delete expired responses": {"task": "accounts.tasks.delete_expired_responses", "schedule": 900.0},
    "seal audit trail": {"task": "accounts.tasks.seal_audit_trail", "schedule": 10.0},
    "score shadow models": {"task": "matching.tasks.score_shadows", "schedule": 15.0},
    "resume replays": {"task": "matching.tasks.resume_replays", "schedule": 60.0},
    "resume bulk jobs": {"task": "matching.tasks.resume_jobs", "schedule": 15.0},
    "delete expired bulk jobs": {"task": "matching.tasks.delete_expired_jobs", "schedule": 3600.0},
    "anchor audit trail": {
        "task": "accounts.tasks.anchor_audit_trail",
        "schedule": crontab(hour=0, minute=5),
    },
    "build evidence pack": {"task": "analytics.tasks.pack_evidence", "schedule": crontab(hour=4, minute=0)},
    "finish erasures": {"task": "accounts.tasks.finish_erasures", "schedule": 60.0},
    "apply retention": {"task": "accounts.tasks.apply_retention", "schedule": crontab(hour=3, minute=15)},
    "collect review items": {"task": "feedback.tasks.collect_review_items", "schedule": 60.0},
    "reap training runs": {"task": "feedback.tasks.reap_training_runs", "schedule": 60.0},
    "monitor hourly": {"task": "feedback.tasks.monitor_hourly", "schedule": crontab(minute="5,20,35,50")},
    "monitor daily": {"task": "feedback.tasks.monitor_daily", "schedule": crontab(hour="2", minute="0")},
    "record heartbeat": {"task": "modelops.tasks.record_heartbeat", "schedule": 60.0},
    "send notifications": {"task": "modelops.tasks.notify_people", "schedule": 15.0},
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
EMAIL_HOST = env.read_text("EMAIL_HOST")
EMAIL_PORT = env.read_count("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.read_text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.read_text("EMAIL_PASSWORD")
EMAIL_USE_TLS = env.read_boolean("EMAIL_STARTTLS", True)
DEFAULT_FROM_EMAIL = env.read_text("EMAIL_FROM", "legal-names@localhost")
LOG_LEVEL = env.read_text("LOG_LEVEL", "INFO")
LOGGING = configure_logging(LOG_LEVEL)
