"""Options that commands share, made from the settings: one place says what each one is."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from clicktrail.settings import LISTS, Settings, docs, load, split_list

GROUPS = {
    "Addresses": (
        "edge",
        "console",
        "public_url",
        "trusted_proxies",
        "client_ip_header",
        "client_ip_networks",
        "status_networks",
    ),
    "Processes": ("workers", "node", "console_threads", "drain_timeout_s", "log_level"),
    "Ledger and journal": (
        "database",
        "journal_retention_days",
        "journal_max_bytes",
        "journal_max_age_s",
        "batch_max_events",
        "queue_max_events",
    ),
    "Courier": ("courier_networks", "postback_networks", "courier_ports", "delivery_days"),
    "API": ("api_requests_per_minute", "idempotency_hours"),
    "Tracking": ("prefix", "sync_patience_ms", "verdict_patience_ms", "unproven_verdicts_per_hour"),
    "Console": ("require_second_factor", "partner_signup"),
    "Privacy": ("ip_privacy", "user_agent_days", "referrer_days", "extra_days", "order_list_days", "reconcile_days"),
    "Mail": (
        "smtp_host",
        "smtp_port",
        "smtp_security",
        "smtp_user",
        "smtp_password",
        "smtp_timeout_s",
        "mail_from",
        "mail_to",
    ),
    "Limits of a connection": (
        "idle_timeout_s",
        "header_timeout_s",
        "max_connections",
        "max_request_line_bytes",
        "max_header_bytes",
        "max_body_bytes",
    ),
}
"""Heading of `serve --help` -> settings under it; a test fails where one has no heading."""

DEFAULT_DATA = Path("clicktrail-data")

Data = Annotated[
    Path,
    typer.Option(
        "--data",
        envvar="CLICKTRAIL_DATA",
        help="Data folder: keys, journals, catalog, ledger, and clicktrail.toml.",
        show_default=True,
        file_okay=False,
    ),
]


def takes_settings(run: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--data` and one option for every setting.

    `run` gets the Settings first, then its own arguments and options by name.
    """
    return _command(run, [name for members in GROUPS.values() for name in members])


def takes_data(run: Callable[..., None]) -> Callable[..., None]:
    """The same for a command that only looks at, or works on, a data folder: `--data` and `--database`.

    Its other settings come from clicktrail.toml and the CLICKTRAIL_... variables.
    """
    return _command(run, ["database"])


def _command(run: Callable[..., None], settable: list[str]) -> Callable[..., None]:
    own = list(inspect.signature(run, eval_str=True).parameters.values())[1:]

    @functools.wraps(run)
    def command(data: Path, **given: Any) -> None:
        chosen = {name: _read(name, given.pop(name)) for name in settable}
        run(load(data, **chosen), **given)

    parameters = [
        _data(),
        *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own),
        *_options(settable),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _read(name: str, given: Any) -> Any:
    return split_list(given) if name in LISTS and given is not None else given


def _data() -> inspect.Parameter:
    return inspect.Parameter("data", inspect.Parameter.KEYWORD_ONLY, annotation=Data, default=DEFAULT_DATA)


def _options(settable: list[str]) -> list[inspect.Parameter]:
    headings = {name: heading for heading, members in GROUPS.items() for name in members}
    return [_option(name, _DOCS[name], headings[name] if len(settable) > 1 else None) for name in settable]


def _option(name: str, doc: str, heading: str | None) -> inspect.Parameter:
    """The variable is only named here; `load` reads it, so that every source is judged alike."""
    field = Settings.__annotations__[name]
    kind = next((part for part in (field, *get_args(field)) if part in (int, str)), str)
    default = _default(name)
    option = typer.Option(
        f"--{name.replace('_', '-')}",
        help=f"{doc} (CLICKTRAIL_{name.upper()}" + (f"; default {default})" if default else ")"),
        show_default=False,
        rich_help_panel=heading,
        metavar="N" if kind is int else "TEXT",
    )
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind | None, option], default=None
    )


def _default(name: str) -> str:
    value = getattr(_DEFAULTS, name)
    return ",".join(value) if name in LISTS else str(value)


_DOCS = docs()
_DEFAULTS = Settings(data=Path())
