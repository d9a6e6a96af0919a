"""Where the ledger is: SQLite in the data folder, or PostgreSQL by setting, as Django wants to hear it."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from clicktrail.errors import SettingsError
from clicktrail.settings import Settings

LOCK_PATIENCE_S = 20
"""How long a writer waits for SQLite's one write lock before it gives up."""

POSTGRES_SCHEMES = ("postgresql", "postgres")


def database(settings: Settings) -> dict[str, Any]:
    """The value of DATABASES["default"]. Raises SettingsError where the address cannot be read."""
    return _postgres(settings.database) if settings.database else _sqlite(settings)


def _sqlite(settings: Settings) -> dict[str, Any]:
    """Writers say so at BEGIN, so that none fails half way; the pragmas are the backend's own."""
    return {
        "ENGINE": "clicktrail.control.db.sqlite",
        "NAME": str(settings.ledger_file),
        "OPTIONS": {
            "timeout": LOCK_PATIENCE_S,
            "transaction_mode": "IMMEDIATE",
            "want": str(settings.run_folder / "ledger.want"),
        },
    }


def _postgres(address: str) -> dict[str, Any]:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise _wrong_address() from None
    if parts.scheme not in POSTGRES_SCHEMES or not parts.path.strip("/"):
        raise _wrong_address()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": port or "",
        "OPTIONS": dict(parse_qsl(parts.query)),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }


def _wrong_address() -> SettingsError:
    """The address holds a password, so the sentence does not repeat it."""
    return SettingsError("The setting 'database' cannot be read: write postgresql://USER:PASSWORD@HOST:PORT/NAME.")
