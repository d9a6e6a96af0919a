"""The log: one structured line per outcome on standard error.

A person at a terminal reads columns, everything else gets JSON. The standard library's
`logging` (Django, Granian) comes out in the same shape.
"""

import logging
import sys
from typing import Any

import structlog

QUIET = ("asyncio", "django", "_granian")
"""Loggers whose information lines say nothing an operator acts upon."""


def configure(level: str, process: str) -> None:
    """Set up the log of this process; `process` stands in every line. May run twice."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _named(process),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderer(sys.stderr.isatty())],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get() -> Any:
    """The logger; `configure` comes first."""
    return structlog.get_logger()


def _named(process: str) -> Any:
    def add(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        return {"process": process, **event}

    return add


def _renderer(is_terminal: bool) -> list[Any]:
    if is_terminal:
        return [_ordered, structlog.dev.ConsoleRenderer(sort_keys=False, timestamp_key="at", pad_event_to=20)]
    return [structlog.processors.format_exc_info, _ordered, structlog.processors.JSONRenderer(ensure_ascii=False)]


def _ordered(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """When, how bad, who, what; then the facts."""
    return {key: event[key] for key in ("at", "level", "process", "event") if key in event} | event
