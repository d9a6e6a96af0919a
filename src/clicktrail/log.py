"""The log: one structured line per outcome on standard error.

A person at a terminal reads columns, everything else gets JSON. The standard library's
`logging` (Django, aiohttp) comes out in the same shape.
"""

import logging
import re
import sys
from typing import Any

from clicktrail.unloaded import unloaded

with unloaded("rich", "better_exceptions", "twisted"):
    import structlog

QUIET = ("asyncio", "django")
"""Loggers whose information lines say nothing an operator acts upon."""

UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def configure(level: str, process: str) -> None:
    """Set up the log of this process; `process` stands in every line. May run twice."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _named(process),
    ]
    finish = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderer(sys.stderr.isatty())]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=finish,
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
    """The last step is one line of text, whatever strangers put into it."""
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if is_terminal:
        last = structlog.dev.ConsoleRenderer(sort_keys=False, timestamp_key="at", pad_event_to=20)
    return [structlog.processors.format_exc_info, _ordered, _harmless, last]


def _harmless(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Text from outside neither ends a line nor commands a terminal. Only a traceback has lines, indented ones."""
    told = event.pop("exception", None)
    found: dict[str, Any] = _shown(event)
    if told is not None:
        found["exception"] = "\n    ".join(visible(line) for line in str(told).split("\n"))
    return found


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {_shown(key): _shown(inner) for key, inner in value.items()}
    return [_shown(inner) for inner in value] if isinstance(value, list | tuple) else value


def visible(text: str) -> str:
    """The same with controls, line ends of every kind and marks that turn the reading direction written out."""
    return UNSEEN.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _ordered(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """When, how bad, who, what; then the facts."""
    return {key: event[key] for key in ("at", "level", "process", "event") if key in event} | event
