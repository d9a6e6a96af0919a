"""Set-up: init, the command line, a clean environment, what is in the wheel."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.observe import until
from support.server import Server, command

ROOT = Path(__file__).resolve().parents[2]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_init_asks_nothing_and_shows_the_password_once(unstarted: Server) -> None:
    """What is secret - keys, catalog, ledger - is the owner's alone, whatever the umask of whoever ran it."""
    before = os.umask(0)
    try:
        unstarted.init()
    finally:
        os.umask(before)
    assert unstarted.user
    assert len(unstarted.password) >= 16
    keys = (unstarted.data / "keys" / "keys.json").read_bytes()
    open_to_others = [str(p) for p in unstarted.data.rglob("*") if mode(p) & 0o077]
    assert open_to_others == []
    assert mode(unstarted.data / "keys" / "keys.json") == 0o600
    again = unstarted.run("init")
    assert "password" not in again
    assert (unstarted.data / "keys" / "keys.json").read_bytes() == keys, "a second run changes nothing"


def test_a_fresh_install_has_a_program_and_the_test_partner(unstarted: Server) -> None:
    unstarted.lay()
    shown = unstarted.run("catalog", "show")
    assert 'currency = "EUR"' in shown
    assert 'time_zone = "Europe/Berlin"' in shown
    assert "id = 2" in shown


def test_serve_on_a_folder_without_keys_says_what_to_run(unstarted: Server) -> None:
    """A mistyped --data must not become a second, empty installation."""
    ended = unstarted.ended("serve")
    assert ended.returncode == 2
    assert f"clicktrail init --data {unstarted.data}" in ended.stderr
    assert not unstarted.data.exists()


@pytest.mark.parametrize("words", [["status"], ["edge"], ["engine"], ["control"], ["courier"], ["catalog", "show"]])
def test_every_other_command_says_so_too(unstarted: Server, words: list[str]) -> None:
    ended = unstarted.ended(*words)
    assert ended.returncode == 2
    assert "clicktrail init" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr


def test_an_error_of_the_house_is_one_sentence(unstarted: Server) -> None:
    ended = unstarted.ended("serve", "--prefix", "toolong")
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert "prefix" in ended.stderr


def test_help_is_for_newcomers() -> None:
    words = subprocess.run([*command(), "--help"], capture_output=True, text=True, check=True).stdout
    for name in ("init", "serve", "status", "catalog", "edge", "engine", "courier", "control", "export", "trace"):
        assert f" {name} " in words
    options = subprocess.run([*command(), "serve", "--help"], capture_output=True, text=True, check=True).stdout
    for heading in ("Addresses", "Processes", "Privacy", "--edge", "CLICKTRAIL_EDGE"):
        assert heading in options


def test_help_loads_nothing_heavy() -> None:
    """`--help` is quick because Django, uvloop and the journal are loaded by those who use them."""
    heavy = "{'django', 'uvloop', 'pysqlite3', 'psycopg'}"
    code = f"import sys, clicktrail.cli; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


def test_an_edge_loads_no_django_and_no_command_line() -> None:
    heavy = "{'django', 'typer', 'psycopg'}"
    code = f"import sys, clicktrail.wiring, clicktrail.edge.run; print({heavy} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.stdout.strip() == "set()", ended.stderr


def test_a_supervisor_loads_no_django() -> None:
    code = "import sys, clicktrail.supervise; print({'django', 'uvloop', 'pysqlite3'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


def test_a_setting_in_the_file_is_every_process_and_commands_setting(unstarted: Server) -> None:
    """The prefix: the edge makes, the engine reads, the commands show ClickIDs with it."""
    unstarted.lay()
    (unstarted.data / "clicktrail.toml").write_text('prefix = "AB"\n')
    unstarted.start()
    clickid = unstarted.get("/go.cgi?cpid=1&pid=2&wmid=1&format=json").json()["clickid"]
    assert clickid.startswith("AB") and len(clickid) == 29
    order = f"/get_trans.cgi?cpid=1&umsatz=1&clickid={clickid}&format=json&tid="
    verdicts = [unstarted.get(order + "A-1").json(), unstarted.get(order.replace("AB", "QC") + "A-2").json()]
    assert [verdict["reason"] for verdict in verdicts] == ["saved", "malformed_clickid"]
    assert [row["clickid"] for row in unstarted.clicks()] == [clickid]
    assert clickid in unstarted.run("trace", clickid)


@pytest.mark.parametrize("role", ["serve", "edge"])
def test_what_was_set_is_shown_at_start_without_its_password(unstarted: Server, tmp_path: Path, role: str) -> None:
    unstarted.lay()
    environ = unstarted.environ | {"CLICKTRAIL_DATABASE": "postgresql://anna:hush@127.0.0.1:9/clicktrail"}
    words = tmp_path / "words"
    options = ["--edge", "127.0.0.1:0", "--console", "127.0.0.1:0", "--data", str(unstarted.data)]
    with words.open("wb") as out:
        popen = subprocess.Popen([*command(), role, *options], env=environ, stdout=out, stderr=out)
    try:
        until(lambda: '"event": "serving"' in words.read_text(), 30, "it serves")
    finally:
        popen.terminate()
        assert popen.wait(120) == 0
    [line] = [json.loads(line) for line in words.read_text().splitlines() if '"event": "settings"' in line]
    assert line["database"] == "postgresql://anna:…@127.0.0.1:9/clicktrail"
    assert line["data"] == str(unstarted.data)
    assert "hush" not in words.read_text()


def test_it_runs_with_a_clean_environment(unstarted: Server, tmp_path: Path) -> None:
    """No locale, no terminal, a home without anything: as cron or a container starts it."""
    unstarted.environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    unstarted.start()
    assert unstarted.get("/go.cgi?cpid=1&pid=2&wmid=1").status == 302
    assert json.loads(unstarted.run("status", "--json"))["ledger"]["fault"] == ""
    assert unstarted.stop() == 0


def test_the_wheel_brings_everything_that_is_no_python(tmp_path: Path) -> None:
    """Static files, templates and migrations are in what `pip install .` installs."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "src"
    ours = {str(p.relative_to(source)) for p in (source / "clicktrail").rglob("*") if p.is_file()}
    missing = {name for name in ours - packed if "__pycache__" not in name and "/." not in name}
    assert missing == set()
    assert "clicktrail/edge/static/clicktrail.js" in packed
    assert any(name.startswith("clicktrail/control/ledger/migrations/0001") for name in packed)


def test_pins_name_no_registry_and_carry_hashes() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        lines = path.read_text().splitlines()
        packages = [line for line in lines if "==" in line]
        assert packages
        assert not [line for line in lines if "://" in line or line.startswith("-")]
        bare = [a for a, b in zip(lines, [*lines[1:], ""], strict=True) if "==" in a and "--hash=" not in b]
        assert bare == []


def test_pins_hold_what_the_project_asks_for() -> None:
    """A dependency added to pyproject.toml without `script/pins` would be missing in a fresh clone."""
    import re
    import tomllib

    def name(text: str) -> str:
        return re.split(r"[ \[<>=~;]", text)[0].lower().replace("_", "-")

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    wanted = {
        "pins.txt": project["project"]["dependencies"] + groups["build"],
        "pins-test.txt": project["project"]["dependencies"] + groups["build"] + groups["test"],
    }
    for file, packages in wanted.items():
        pinned = {name(line) for line in (ROOT / "requirements" / file).read_text().splitlines() if "==" in line}
        assert {name(p) for p in packages} - pinned == set()
