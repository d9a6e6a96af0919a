"""Commands of ours without the half second in which Python loads them: processes forked from one that has.

    ended = quick(["status", "--json"], env=..., stdin="", within_s=60)

Each command runs in a process of its own, with its own surroundings, standard input and exit code,
as `python -m clicktrail` does; `test_setup.py` and `test_serve.py` start that as well. What is loaded
beforehand is the libraries and the command line: nothing that knows of a data folder or of settings.
"""

import array
import atexit
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

FOLDERS = Path(__file__).resolve().parents[1]
BEFOREHAND = (
    "clicktrail.cli", "clicktrail.sqlite", "clicktrail.wiring", "clicktrail.standing", "typer._adapters", "pydantic",
    "django", "django.db", "django.db.models", "django.db.backends.sqlite3.base", "django.db.migrations.executor",
    "django.db.models.sql.compiler", "django.http", "django.urls",
)  # fmt: skip
LONGEST_REQUEST = 1 << 20


def quick(
    words: Sequence[str], env: dict[str, str], stdin: str = "", within_s: float = 120.0, cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end, however it ends."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin.encode())
        given.seek(0)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
            asking.settimeout(within_s)
            asking.connect(_nursery())
            asked = json.dumps({"words": list(words), "env": env, "cwd": str(cwd or Path.cwd())}).encode()
            socket.send_fds(asking, [asked], [given.fileno(), out.fileno(), err.fileno()])
            pid = int(asking.recv(32))
            try:
                code = int(asking.recv(32))
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(list(words), within_s) from None
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(list(words), code, out.read().decode(), err.read().decode())


@functools.cache
def _nursery() -> str:
    """The address of the process that forks; one a test process, and it ends with it."""
    folder = tempfile.TemporaryDirectory(prefix="clicktrail-quick-")
    address = str(Path(folder.name) / "socket")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(address)
    listening.listen(64)
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("CLICKTRAIL_")}
    path = os.pathsep.join([str(FOLDERS.parent / "src"), str(FOLDERS), surroundings.get("PYTHONPATH", "")])
    nursery = subprocess.Popen(
        [sys.executable, "-m", "support.quick", str(listening.fileno()), str(os.getpid())],
        pass_fds=[listening.fileno()], env=surroundings | {"PYTHONPATH": path}, stdin=subprocess.PIPE,
    )  # fmt: skip
    listening.close()

    def end() -> None:
        nursery.kill()
        nursery.wait()
        folder.cleanup()

    atexit.register(end)
    return address


def _fork_for_all(listening: socket.socket) -> None:
    """Until the test process is gone: its end of our standard input closes then."""
    import importlib
    import select

    for name in BEFOREHAND:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        readable, _, _ = select.select([listening, sys.stdin], [], [])
        if sys.stdin in readable:
            return
        asking, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            _keep(asking)
        asking.close()


def _keep(asking: socket.socket) -> NoReturn:
    """Run what is asked in a child, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    text, fds, _, _ = socket.recv_fds(asking, LONGEST_REQUEST, 3)
    pid = os.fork()
    if pid == 0:
        asking.close()
        _become(json.loads(text), fds)
    asking.send(str(pid).encode())
    _, status = os.waitpid(pid, 0)
    asking.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(asked: dict[str, object], fds: "Sequence[int] | array.array[int]") -> NoReturn:
    for wanted, fd in enumerate(fds):
        os.dup2(fd, wanted)
        os.close(fd)
    os.environ.clear()
    os.environ.update(asked["env"])  # type: ignore[arg-type]
    os.chdir(str(asked["cwd"]))
    sys.argv = ["clicktrail", *asked["words"]]  # type: ignore[misc]
    sys.stdin = open(0)  # noqa: SIM115, PTH123 - for as long as the process lives
    sys.stdout, sys.stderr = open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115, PTH123
    code = 1
    try:
        from clicktrail.cli import main

        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    _leave(code)


def _leave(code: int) -> NoReturn:
    """As an interpreter ends, only that nothing of the process before the fork is run."""
    import threading

    threading._shutdown()  # type: ignore[attr-defined]
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


if __name__ == "__main__":
    _fork_for_all(socket.socket(fileno=int(sys.argv[1])))
