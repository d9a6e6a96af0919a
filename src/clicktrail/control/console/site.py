"""What the console adds to Django's settings: middleware, security, the menu."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import SimpleLazyObject

from clicktrail import keys
from clicktrail.control.console.formats.en import formats
from clicktrail.control.console.menu import unfold
from clicktrail.settings import Settings

MIDDLEWARE = [
    "clicktrail.control.policy.policy_middleware",
    "clicktrail.control.banners.serving.banners_middleware",
    "clicktrail.control.api.outside.ProblemsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "clicktrail.control.accounts.viewer.viewer_middleware",
    "clicktrail.control.console.door.Door",
    "clicktrail.control.accounts.sessions.seen_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "clicktrail.control.console.signin.second_factor_middleware",
]

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "django.template.context_processors.i18n",
]

PASSWORD_RULES = {
    "UserAttributeSimilarityValidator": {},
    "MinimumLengthValidator": {"min_length": 10},
    "CommonPasswordValidator": {},
    "NumericPasswordValidator": {},
}

OVERRIDES = Path(__file__).parent / "overrides"
"""Pages in place of the theme's own ones."""

LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE = Path(keys.__file__).parent / "locale"

STATIC_MAX_AGE_S = 3600
SESSION_DAYS = 14
HSTS_S = 365 * 24 * 3600

SIGN_IN = {
    "SESSION_ENGINE": "clicktrail.control.accounts.sessions",
    "LOGIN_URL": "/login/",
    "LOGIN_REDIRECT_URL": "/",
    "ACCOUNT_ADAPTER": "clicktrail.control.accounts.gate.Gate",
    "ACCOUNT_LOGIN_METHODS": {"username"},
    "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
    "ACCOUNT_EMAIL_VERIFICATION": "none",
    "ACCOUNT_SESSION_REMEMBER": True,
    "ACCOUNT_RATE_LIMITS": False,
    "MFA_ADAPTER": "clicktrail.control.accounts.secondfactor.Adapter",
    "MFA_TOTP_TOLERANCE": 1,
    "MFA_RECOVERY_CODES_SHOW_ONCE": True,
    "MFA_ALLOW_UNVERIFIED_EMAIL": True,
}
"""allauth signs in; what it would count in memory, the brake counts in the ledger."""

LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"]


def site_values(settings: Settings) -> dict[str, Any]:
    """Django settings by name."""
    return {
        "MIDDLEWARE": MIDDLEWARE,
        "ROOT_URLCONF": "clicktrail.control.console.urls",
        "AUTH_USER_MODEL": "accounts.Account",
        "LANGUAGE_CODE": "en",
        "LANGUAGES": LANGUAGES,
        "LOCALE_PATHS": [LOCALE],
        "FORMAT_MODULE_PATH": [formats.__name__.removesuffix(".en.formats")],
        "STATIC_URL": "/static/",
        "STATICFILES_DIRS": [("ninja", _swagger())],
        "WHITENOISE_USE_FINDERS": True,
        "WHITENOISE_MAX_AGE": STATIC_MAX_AGE_S,
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [OVERRIDES],
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
            }
        ],
        "UNFOLD": unfold(),
        **SIGN_IN,
        **_security(settings),
    }


def _swagger() -> Path:
    """What the page of the API is drawn with; the API itself is loaded when it is called, and is no app for that."""
    [package] = find_spec("ninja").submodule_search_locations  # type: ignore[misc, union-attr]
    return Path(package) / "static" / "ninja"


def _security(settings: Settings) -> dict[str, Any]:
    """Hosts and origins come from the public address; cookies are for https only where that is https.

    The secret is read when it is first needed: making the tables needs none.
    """
    public = urlsplit(settings.public_url)
    secure = public.scheme == "https"
    return {
        "SECRET_KEY": SimpleLazyObject(lambda: keys.load(settings.keys_folder).django),
        "ALLOWED_HOSTS": _hosts(settings),
        "CSRF_TRUSTED_ORIGINS": [f"{public.scheme}://{public.netloc}"] if public.netloc else [],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
            for name, options in PASSWORD_RULES.items()
        ],
        **_cookies(secure),
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if secure else None,
        "SECURE_HSTS_SECONDS": HSTS_S if secure else 0,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
    }


def _cookies(secure: bool) -> dict[str, Any]:
    """With https the names say that no other host and no plain http has set them."""
    prefix = "__Host-" if secure else ""
    return {
        "SESSION_COOKIE_NAME": f"{prefix}sessionid",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": SESSION_DAYS * 24 * 3600,
        "CSRF_COOKIE_NAME": f"{prefix}csrftoken",
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
    }


def _hosts(settings: Settings) -> list[str]:
    public = urlsplit(settings.public_url).hostname
    console = settings.console.rpartition(":")[0]
    return [*LOOPBACK_NAMES, *([public] if public else []), *([console] if console else [])]
