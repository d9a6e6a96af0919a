"""How one process is put together: settings, log, sockets, lifeline, then its own `run`.

The supervisor starts `python -m clicktrail.wiring ROLE --node N --fd N --lifeline N` with the
settings in CLICKTRAIL_... variables; `clicktrail edge` and its like call `run_alone`. The
command line's own parts (typer, help) are not loaded into a supervised process.
"""

import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from clicktrail import log, sockets
from clicktrail.errors import ClicktrailError, LedgerAway, StartError
from clicktrail.settings import Settings, load, shown

ENGINE_NICE = 10
"""Intake goes first, judging catches up."""
COURIER_NICE = 5
"""Partners may wait a moment longer than shops and people."""
COURIER_FILES = 8192
"""Files and sockets of a courier with everything on its way that may be."""
SPARE_FILES = 1024
LAST_CALL_S = 5
"""A child whose supervisor is gone ends by itself; this long after its drain time it is ended."""
EXIT_BUG = 1
EXIT_FAULT = 2
EXIT_AWAY = 75
"""The ledger is out of reach now: try again."""


@dataclass(frozen=True, slots=True)
class Process:
    settings: Settings
    node: int = 0
    listener: socket.socket | None = None


def run_alone(role: str, settings: Settings) -> None:
    """One process in the foreground, for `clicktrail edge` and its like."""
    os.umask(0o077)
    log.configure(settings.log_level, name_of(role, settings.node))
    require_initialised(settings)
    log.get().info("settings", data=str(settings.data), **shown(settings))
    ROLES[role](Process(settings, settings.node, _listener(role, settings)))


def main(arguments: list[str], environ: Mapping[str, str] = os.environ) -> int:
    """One process under a supervisor; its exit code."""
    role, options = arguments[0], dict(zip(arguments[1::2], map(int, arguments[2::2]), strict=True))
    settings = load(Path(environ["CLICKTRAIL_DATA"]), environ)
    node = options.get("--node", 0)
    log.configure(settings.log_level, name_of(role, node))
    _hold(options["--lifeline"], settings)
    listener = socket.socket(fileno=options["--fd"]) if "--fd" in options else None
    try:
        ROLES[role](Process(settings, node, listener))
    except ClicktrailError as fault:
        print(f"clicktrail {name_of(role, node)}: {fault}", file=sys.stderr, flush=True)
        return EXIT_AWAY if isinstance(fault, LedgerAway) else EXIT_FAULT
    except Exception:
        log.get().exception("ended by an error of the program")
        return EXIT_BUG
    return 0


def name_of(role: str, node: int) -> str:
    """`edge-0001`, `engine`: in the log, and of the heartbeat's file."""
    return f"edge-{node:04d}" if role == "edge" else role


def require_initialised(settings: Settings) -> None:
    """Raises StartError. A wrong --data must not become a second, empty installation in silence."""
    if not (settings.keys_folder / "keys.json").exists():
        raise StartError(
            f"{settings.data} is not a data folder yet: run `clicktrail init --data {settings.data}` first."
        )


def _listener(role: str, settings: Settings) -> socket.socket | None:
    settings.run_folder.mkdir(exist_ok=True, mode=0o700)
    if role == "edge":
        return sockets.listen(settings.edge, "edge", 1)[0]
    if role == "control":
        return sockets.listen(settings.console, "console", 1)[0]
    return None


def _hold(lifeline: int, settings: Settings) -> None:
    """End when the supervisor's end of the pipe closes: also a `kill -9` closes it."""

    def watch() -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(settings.drain_timeout_s + LAST_CALL_S)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def _edge(process: Process) -> None:
    from clicktrail.edge.run import run

    _allow_files(process.settings.max_connections + SPARE_FILES)
    assert process.listener is not None
    run(process.settings, process.node, process.listener)


def _engine(process: Process) -> None:
    from clicktrail.engine.run import run

    os.nice(ENGINE_NICE)
    run(process.settings)


def _engine_once(process: Process) -> None:
    from clicktrail.engine.run import run

    run(process.settings, once=True)


def _courier(process: Process) -> None:
    from clicktrail.courier.run import run

    os.nice(COURIER_NICE)
    _allow_files(COURIER_FILES)
    run(process.settings)


def _control(process: Process) -> None:
    from clicktrail.control.serve import serve

    assert process.listener is not None
    serve(process.settings, process.listener)


def _prepare(process: Process) -> None:
    """Bring the ledger up to date after a backup and publish the catalog: before anything else runs."""
    from clicktrail.control.boot import boot

    _require_ledger(process.settings)
    boot(process.settings, "ledger")
    from clicktrail.control.catalog.publish import publish
    from clicktrail.control.ledger.schema import migrate

    migrated = migrate(process.settings)
    if migrated.applied:
        log.get().info(
            "ledger brought up to date", applied=list(migrated.applied), backup=str(migrated.backup or "")
        )
    version = publish(process.settings)
    log.get().info("catalog published", version=version)


def _require_ledger(settings: Settings) -> None:
    """Raises LedgerAway where there was a ledger: an empty one in its place would forget every order."""
    has_catalog = (settings.catalog_folder / "current.msgpack").exists()
    if has_catalog and not settings.database and not settings.ledger_file.exists():
        raise LedgerAway(
            f"The ledger {settings.ledger_file} is gone: put it back, or take the newest copy in "
            f"{settings.backup_folder}. `clicktrail init` makes a new, empty one."
        )


def _allow_files(number: int) -> None:
    """Raise the soft limit of open files as far as the hard one lets us."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


ROLES: Mapping[str, Callable[[Process], None]] = {
    "edge": _edge,
    "engine": _engine,
    "engine-once": _engine_once,
    "courier": _courier,
    "control": _control,
    "prepare": _prepare,
}

if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1:]))
