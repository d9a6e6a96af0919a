"""Start Django for one data folder, without a settings module.

Engine, courier and commands need the tables only ("ledger"); the console needs accounts,
sessions and the admin as well ("console"). A process works on one data folder at a time;
a second boot points it to another, and a console never shrinks back to the tables.
"""

from typing import Any, Literal

import clicktrail.sqlite  # noqa: F401  (puts the safe SQLite in place before Django looks for one)
from clicktrail.control.database import database
from clicktrail.settings import Settings
from clicktrail.unloaded import unloaded

Apps = Literal["ledger", "console"]

LEDGER_APPS = [
    "clicktrail.control.catalog",
    "clicktrail.control.ledger",
    "clicktrail.control.outbox",
    "clicktrail.control.reconcile",
    "clicktrail.control.alarms",
    "clicktrail.control.secondlooks",
    "clicktrail.control.worklist",
    "clicktrail.control.banners",
]

CONSOLE_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "clicktrail.control.console",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "clicktrail.control.accounts",
    "allauth.account",
    "allauth.mfa",
    "clicktrail.control.api",
    "clicktrail.control.portal",
    "clicktrail.control.reports",
    "clicktrail.control.assistant",
]


def boot(settings: Settings, apps: Apps) -> None:
    """Configure Django; doing it again for the same folder changes nothing. Raises SettingsError."""
    import django
    from django.conf import settings as django_settings

    if not django_settings.configured:
        django_settings.configure(**_values(settings, apps))
        with unloaded(*_unused(settings)):
            django.setup()
        return
    if apps == "console" and django_settings.CLICKTRAIL_APPS == "ledger":
        _grow(settings)
    elif settings != django_settings.CLICKTRAIL:
        _point(_values(settings, django_settings.CLICKTRAIL_APPS))


def _values(settings: Settings, apps: Apps) -> dict[str, Any]:
    values: dict[str, Any] = {
        "CLICKTRAIL": settings,
        "CLICKTRAIL_APPS": apps,
        "INSTALLED_APPS": list(LEDGER_APPS),
        "DATABASES": {"default": database(settings)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "LOGGING_CONFIG": None,
        "SILENCED_SYSTEM_CHECKS": ["security.W003"],
    }
    if apps == "console":
        from clicktrail.control.console.site import site_values

        values.update(site_values(settings))
        values["INSTALLED_APPS"] = [*CONSOLE_APPS, *LEDGER_APPS]
    return values


def _grow(settings: Settings) -> None:
    """A process that began with the tables goes on with the console's apps too."""
    from django.apps import apps as registry
    from django.conf import settings as django_settings

    values = _values(settings, "console")
    _point(values)
    registry.app_configs.clear()
    registry.apps_ready = registry.models_ready = registry.loading = registry.ready = False
    registry.ready_event.clear()
    registry.clear_cache()
    with unloaded(*_unused(settings)):
        registry.populate(django_settings.INSTALLED_APPS)


def _unused(settings: Settings) -> tuple[str, ...]:
    """The theme looks for fields of PostgreSQL, which are none of ours: on SQLite nothing else needs its driver."""
    return () if settings.database else ("psycopg", "psycopg2")


def _point(values: dict[str, Any]) -> None:
    """Put the values in place of the ones before, and let go of the connections to the old ledger."""
    from django.conf import settings as django_settings
    from django.db import connections

    connections.close_all()
    for name, value in values.items():
        setattr(django_settings, name, value)
    connections.__dict__.pop("settings", None)
    connections._settings = None  # type: ignore[attr-defined]
    if hasattr(connections._connections, "default"):  # type: ignore[attr-defined]
        del connections["default"]
