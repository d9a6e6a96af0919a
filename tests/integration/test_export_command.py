"""`clicktrail export` and `trace` as commands: exit codes, pipes, the locale."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.scribe import Scribe
from support.server import Server, command


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A folder with 3,000 clicks and two orders; no process runs."""
    made = Server(tmp_path_factory.mktemp("export") / "data")
    made.init()
    with Scribe(made.data, 1) as scribe:
        click = scribe.click("Grüße")
        scribe.write(click, *(scribe.click(f"s{n}") for n in range(2999)))
        scribe.write(scribe.order("A-1", scribe.clickid(click)), scribe.order("Größe", "", pid="2"))
    made.run("engine", "--once")
    yield made
    made.close()


def test_lines_are_utf_8_whatever_the_locale(server: Server) -> None:
    plain = {**server.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    out = _piped(server, "export", "transactions", "--format", "jsonl", environ=plain)
    assert [json.loads(line)["subid"] for line in out.decode().splitlines()] == ["Grüße", ""]
    assert "Größe" in _piped(server, "trace", "Größe", environ=plain).decode()


def test_a_reader_that_has_seen_enough_is_no_fault(server: Server) -> None:
    """`clicktrail export clicks | head -1`: no traceback, no word on standard error."""
    words = [*command(), "export", "clicks", "--data", str(server.data)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=server.environ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"clickid,at,")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(120) == 0


def test_all_clicks_come_out(server: Server) -> None:
    assert len(server.clicks()) == 3000


@pytest.mark.parametrize("since", ["2999-01-01", "2999-01-01T00:00:00Z", "2999-01-01T00:00:00+02:00"])
def test_since_the_future_there_is_only_the_line_of_names(server: Server, since: str) -> None:
    assert len(server.run("export", "postbacks", "--since", since).splitlines()) == 1


def test_a_since_that_is_no_date_is_one_sentence(server: Server) -> None:
    ended = server.ended("export", "clicks", "--since", "yesterday")
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "write 2026-01-31" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_folder_that_is_none_is_not_made_into_one(tmp_path: Path) -> None:
    for words in (("export", "clicks"), ("trace", "A-1"), ("forget", "A-1")):
        lost = Server(tmp_path / "nowhere")
        ended = lost.ended(*words)
        assert ended.returncode == 2
        assert "clicktrail init" in ended.stderr
        assert not (tmp_path / "nowhere").exists()
        lost.close()


def test_trace_as_json_has_the_columns_of_export_and_the_story(server: Server) -> None:
    told = json.loads(server.run("trace", "A-1", "--json"))
    assert told["found"] is True
    (click,), (call,), (transaction,) = told["clicks"], told["calls"], told["transactions"]
    assert click["clickid"] == call["clickid"] == transaction["clickid"]
    assert (call["reason"], call["saved"], transaction["revenue"]) == ("saved", "1", "100.00")
    assert all(item["story"] for item in (click, call, transaction))


def test_trace_of_nothing_ends_with_1(server: Server) -> None:
    told = json.loads(server.run("trace", "B-2", "--json", code=1))
    assert told["found"] is False
    assert "order number" in told["hints"][0]


def _piped(server: Server, *words: str, environ: dict[str, str]) -> bytes:
    done = subprocess.run(
        [*command(), *words, "--data", str(server.data)], capture_output=True, env=environ, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
