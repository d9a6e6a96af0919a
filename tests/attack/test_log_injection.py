"""Log injection: what a stranger sends neither forges a line of the log nor commands the terminal that shows it."""

import json
import os
import pty
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.server import Server, fetch

FORGED = '"}\n{"at": "2030-01-01T00:00:00Z", "level": "info", "process": "edge-0001", "event": "forged"}\r\nforged'
EVIL = [
    "a\nforged",
    "a\r\nforged",
    "a\x1b[2Jb",
    "a\x9b2Jb",
    "a\x00b",
    "a\u2028forged",
    "a\u202eb",
    "a\x85forged",
    FORGED,
]
SPEAKER = """
import json, logging, sys
from clicktrail import log
log.configure("info", "engine")
for text in json.loads(sys.argv[1]):
    log.get().warning("said", words=text, more=[text, {text: text}])
    log.get().warning(text)
    logging.getLogger("elsewhere").warning("got %s", text)
    try:
        raise ValueError(text)
    except ValueError:
        log.get().exception("ended")
"""


def is_visible(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp")


def test_every_line_is_ours() -> None:
    said = subprocess.run(
        [sys.executable, "-c", SPEAKER, json.dumps(EVIL)], capture_output=True, text=True, check=True, encoding="utf-8"
    ).stderr
    lines = said.split("\n")[:-1]
    assert len(lines) == 4 * len(EVIL)
    assert all(json.loads(line)["process"] == "engine" for line in lines)
    assert all(is_visible(character) for line in lines for character in line)


def test_a_terminal_is_not_commanded() -> None:
    """On a terminal there are colours of our own; nothing of what was said reaches it raw."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", SPEAKER, json.dumps(EVIL)], stderr=theirs, env=_environ()) as process:
        os.close(theirs)
        said = "".join(_read(ours)).replace("\r\n", "\n")
        assert process.wait(120) == 0
    os.close(ours)
    assert "\x1b[2J" not in said and "\x9b" not in said and "\u202e" not in said and "\x00" not in said
    assert not [line for line in said.split("\n") if line.startswith(("forged", '{"at"'))]
    assert "\\x1b[2J" in said, "it is shown, written out"


def _environ() -> dict[str, str]:
    return {**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8"}


def _read(descriptor: int) -> Iterator[str]:
    while True:
        try:
            found = os.read(descriptor, 65536)
        except OSError:
            return
        if not found:
            return
        yield found.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("log") / "data")
    try:
        yield made.start()
    finally:
        made.stop()
        made.close()


PATHS = ("/go.cgi?wmid=1&pid=2&subid={}", "/get_trans.cgi?cpid=1&tid={}&umsatz={}", "/{}", "/go.cgi?wmid={}&target={}")


def test_requests_leave_no_line_of_theirs(server: Server, tmp_path: Path) -> None:
    """The whole installation: edge and console, path, parameters, user agent, referrer, host, a name at the sign-in."""
    from urllib.parse import quote

    for text in EVIL:
        for path in PATHS:
            fetch("GET", server.edge_url + path.replace("{}", quote(text)))
            fetch("GET", server.console_url + path.replace("{}", quote(text)))
        raw = text.encode().replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"").decode("latin-1")
        for url in (server.edge_url + "/go.cgi?wmid=1", server.console_url + "/login/"):
            for name in ("User-Agent", "Referer", "Host", "X-Forwarded-For", "Cookie"):
                fetch("GET", url, headers={name: raw})
    server.stop()
    words = server.words()
    assert "forged" not in [line.get("event") for line in _lines(words)]
    assert all(is_visible(character) for character in words.replace("\n", ""))


def _lines(words: str) -> Iterator[dict[str, object]]:
    """Every line is JSON, or one of the few sentences that the start says."""
    for line in words.splitlines():
        if line.startswith("{"):
            yield json.loads(line)
        else:
            assert line.startswith(("Clicktrail runs on ", "  clicks ", "  console ", "Ctrl-C ")), line
