"""Settings of the site, all from the environment; safe where nothing is said.

``PELLUCID_DATA_DIR``: the site's folder (database, key); ``PELLUCID_DATABASE_URL``: another database;
``PELLUCID_HOSTS``: host names, commas between; ``PELLUCID_URL``: where people reach the site; ``PELLUCID_EMAIL_URL``: where mail goes out (``smtp://user:password@host:587``);
``PELLUCID_OIDC_URL`` and its like: whose accounts people may sign in with, besides the site's own;
``PELLUCID_PROXIES``: how many proxies stand in front; ``PELLUCID_HTTPS=0``: no TLS in front (on this machine only); ``PELLUCID_DEBUG=1``: for developers.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url

from pellucid.web.config.folder import get_data_folder, get_secret_key, put_files
from pellucid.web.config.provider import read_providers

WEB = Path(__file__).resolve().parent.parent
DATA = get_data_folder()
put_files(DATA)
DEBUG = os.environ.get("PELLUCID_DEBUG") == "1"
HTTPS = os.environ.get("PELLUCID_HTTPS", "1") != "0"
SECRET_KEY = get_secret_key(DATA)
ALLOWED_HOSTS = [
    host.strip()
    for host in os.environ.get("PELLUCID_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
    if host.strip()
]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host[0] not in ".*"]
SITE_URL = os.environ.get("PELLUCID_URL", "")  # for links in mail
SITE_NAME = os.environ.get("PELLUCID_SITE_NAME", "Pellucid")

INSTALLED_APPS = [
    "pellucid.web.accounts",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",
    "corsheaders",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "pellucid.web.pages",
    "pellucid.web.saved",
    "pellucid.web.forum",
    "pellucid.web.api",
]

MIDDLEWARE = [
    "pellucid.web.api.metrics.RequestMetrics",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "pellucid.web.config.middleware.SecurityHeaders",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]

ROOT_URLCONF = "pellucid.web.config.urls"
WSGI_APPLICATION = "pellucid.web.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [WEB / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pellucid.web.config.context.site",
            ],
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # ours come before Django's

DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("PELLUCID_DATABASE_URL") or f"sqlite:///{DATA / 'site.sqlite3'}",
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;",
    }
else:
    # A server that does not answer is a page that says so, not one that never comes.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
# Counts of failed sign-ins: all processes share them, so they are not in one's memory. How often somebody asks or
# reads is counted by each process: it guards the process, and goes on without a database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "site_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
    "local": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_REDIRECT_URL = "/"
# Proxies in front that tell whom they speak for: rate limits count that address.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("PELLUCID_PROXIES", "0"))
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_ADAPTER = "pellucid.web.accounts.adapter.AccountAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
# An unknown address gets a mail too: neither the answer nor its time tells who is a member.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = False
ACCOUNT_USERNAME_BLACKLIST = ["admin", "administrator", "moderator", "pellucid", "staff", "system"]
SOCIALACCOUNT_ADAPTER = "pellucid.web.accounts.elsewhere.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": read_providers(os.environ)}}
SOCIALACCOUNT_AUTO_SIGNUP = False  # the name that others see is asked for, never taken over
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [WEB / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Nothing runs that is not a file of this site: no inline script, no inline style.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
# Pages of other sites may fetch education (CDS Hooks asks for it), never with a cookie. Not the forum:
# a page elsewhere must not read what only a network may reach.
CORS_ALLOW_ALL_ORIGINS = True
CORS_URLS_REGEX = (
    r"^/(infobutton|cds-services|fhir/|api/v1/(ask|read|concepts|search|openapi\.json))"
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = (
    21 * 1024 * 1024
)  # reports stay in memory
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

_mail = urlsplit(os.environ.get("PELLUCID_EMAIL_URL", ""))
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _mail.scheme else 'console'}.EmailBackend"
EMAIL_HOST = _mail.hostname or "localhost"
EMAIL_PORT = _mail.port or (465 if _mail.scheme == "smtps" else 587)
EMAIL_HOST_USER = unquote(_mail.username or "")
EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
EMAIL_USE_SSL = _mail.scheme == "smtps"
EMAIL_USE_TLS = _mail.scheme == "smtp" and bool(_mail.username)
DEFAULT_FROM_EMAIL = os.environ.get("PELLUCID_EMAIL_FROM", "pellucid@localhost")

# What people type is never logged: requests are, by method, path without query, and status.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
