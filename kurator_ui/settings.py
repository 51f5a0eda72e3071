"""Django's settings, read from the environment (`KURATOR_UI_*`, see docs/settings.md).

Without `KURATOR_UI_REDIS_URL` the program is *embedded*: one process with SQLite, an in-process broker and change feed.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key

from kurator_ui.databases import database_from_url
from kurator_ui.env import env_bool, env_days, env_int, env_list, env_secret, env_str
from kurator_ui.keys import kept_key
from kurator_ui.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(env_str("STATE") or BASE_DIR / ".state").absolute()  # everything this installation keeps

DEBUG = env_bool("DEBUG", False)
REDIS_URL = env_secret("REDIS_URL")
EMBEDDED = not REDIS_URL
OBSERVE = env_bool("OBSERVE", True)  # embedded only: whether the server process watches the clusters too
PROCESSES = env_int("PROCESSES", 1)  # how many processes of this program share the database and the broker

# Keys: given, or (embedded) made once and kept in the state folder. Elsewhere kurator_ui.checks refuses the default.
DEFAULT_SECRET_KEY = "insecure-default-key-for-development-only"  # noqa: S105
SECRET_KEY = env_secret("SECRET_KEY") or (
    kept_key(STATE_DIR / "secret-key", get_random_secret_key) if EMBEDDED else DEFAULT_SECRET_KEY
)
# Fernet keys for what must be stored: the first encrypts, all of them decrypt.
SECRET_KEYS = [key.strip() for key in env_secret("SECRET_KEYS").split(",") if key.strip()] or (
    [kept_key(STATE_DIR / "fernet-key", lambda: Fernet.generate_key().decode())] if EMBEDDED else []
)
KUBECONFIG_DIR = Path(env_str("KUBECONFIG_DIR") or STATE_DIR / "kubeconfigs").absolute()

# For how long after the end of a release its parts are kept; None is for ever.
KEEP_WHOLE_CURVES = env_days("KEEP_WHOLE_CURVES_DAYS", 30)
KEEP_CURVES = env_days("KEEP_CURVES_DAYS", 365)
KEEP_MEASUREMENTS = env_days("KEEP_MEASUREMENTS_DAYS", 365)
KEEP_TIMELINE = env_days("KEEP_TIMELINE_DAYS", 365)
KEEP_RELEASES = env_days("KEEP_RELEASES_DAYS", 0)
KEEP_REVISIONS = env_days("KEEP_REVISIONS_DAYS", 365)
KEEP_AUDIT = env_days("KEEP_AUDIT_DAYS", 0)  # of each entry itself
AUDIT_LOG = env_bool("AUDIT_LOG", False)  # each entry of the audit trail is a line of the log, too

EVERYBODY_VIEWS = env_bool("EVERYBODY_VIEWS", False)  # whoever can sign in sees everything, without any grant
CONTACT = env_str("CONTACT")  # whom to ask for rights
TOUR = env_str("TOUR")  # namespace/name of the Application that the guided tour is walked with; the demo sets it
COMMAND_LINE_USER = env_str("USER")  # in whose name `manage.py rollout` acts

HTTPS = env_bool("HTTPS", False)  # people reach this program by https: cookies travel by nothing else
BEHIND_PROXY = env_bool("BEHIND_PROXY", False)  # every request comes from a proxy, which vouches for its headers
ALLOWED_HOSTS = env_list("HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("ORIGINS")
EVENTS_URL = env_str("EVENTS_URL", "/events/")  # where browsers find the stream of hints

INSTALLED_APPS = [
    "kurator_ui.administration.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "kurator_ui",
    "rollouts",
]
MIDDLEWARE = [
    "kurator_ui.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "kurator_ui.csp.ContentSecurityPolicyMiddleware",
    "kurator_ui.static.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "rollouts.web.acting.AuthorMiddleware",
    "rollouts.web.sign_in.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "kurator_ui.urls"
ASGI_APPLICATION = "kurator_ui.asgi.application"
WSGI_APPLICATION = "kurator_ui.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "rollouts.web.people.rights",
            ],
        },
    }
]

# Without ATOMIC_REQUESTS: with IMMEDIATE transactions every page view would take SQLite's one write lock.
DATABASES = {
    "default": database_from_url(
        env_secret("DATABASE_URL") or f"sqlite:///{STATE_DIR / 'kurator-ui.sqlite3'}",
        pool_size=env_int("DATABASE_POOL", 20),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = Path(env_str("STATIC_ROOT") or STATE_DIR / "static").absolute()
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "kurator_ui.static.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign-in"

HOST_PREFIX = "__Host-" if HTTPS else ""  # browsers take such a cookie from this very host by https alone
SESSION_COOKIE_NAME = f"{HOST_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{HOST_PREFIX}csrftoken"
KNOWN_BROWSER_COOKIE_NAME = f"{HOST_PREFIX}known-browser"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 7 * 24 * 3600
CSRF_COOKIE_HTTPONLY = True  # pages carry the token themselves
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 365 * 24 * 3600 if HTTPS else 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
X_FRAME_OPTIONS = "DENY"
# Nothing inline, nothing from elsewhere. blob: is for saving a chart as a picture.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:", "blob:"],
    "connect-src": ["'self'"],
    "font-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"  # the browser makes times local
LOGGING = logging_config(json=env_bool("LOG_JSON", not EMBEDDED), level=env_str("LOG_LEVEL", "INFO").upper())

CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_BROKER_TRANSPORT = "kurator_ui.broker:Transport" if EMBEDDED else None
# On Redis a message that a dead worker held comes back after the visibility timeout: no countdown or eta may be longer
# than it. A page that asks for a task waits for a connection no longer than two seconds.
CELERY_BROKER_TRANSPORT_OPTIONS = {} if EMBEDDED else {"visibility_timeout": 300, "socket_connect_timeout": 2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "short"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "kurator_ui.beat:PunctualAndKept"
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE_DIR / "beat-schedule")
