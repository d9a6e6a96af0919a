"""What all tests share: the long forms on demand, system programs that may be missing, and how a failed run ends."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

# Some hundred processes are started from here: none of them shall compile the program anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

NOT_RUN = "not run, missing: "
LONGEST_REASON = 200


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--nightly", action="store_true", help="the long form of every test")


@pytest.fixture
def nightly(request: pytest.FixtureRequest) -> bool:
    """Whether this is the long run; a test scales its rounds by it."""
    return bool(request.config.getoption("--nightly"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--nightly"):
        return
    long = [item for item in items if item.get_closest_marker("nightly")]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)


def pytest_runtest_setup(item: pytest.Item) -> None:
    wanted = [name for mark in item.iter_markers("needs") for name in mark.args]
    missing = sorted({name for name in wanted if not has_program(name)})
    if missing:
        pytest.skip(NOT_RUN + ", ".join(missing))


def has_program(name: str) -> bool:
    """`php-curl` is PHP with its curl extension; every other name is a program on the path."""
    if name == "php-curl":
        return has_program("php") and "curl" in _output("php", "-m").split()
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return shutil.which(name, path=path) is not None


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    sections = {"not run: system programs are missing": _not_run, "these did not pass": _failed}
    for title, lines in sections.items():
        if found := list(lines(terminalreporter)):
            terminalreporter.section(title)
            for line in found:
                terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Our own list of what failed takes the place of pytest's, whose reasons fill pages where CI=true."""
    if config.option.reportchars == "fE":
        config.option.reportchars = "N"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where CI=true a test that could not run is a failure: green must mean that everything ran."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and any(_not_run(reporter)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _not_run(reporter: pytest.TerminalReporter) -> Iterator[str]:
    for report in reporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if NOT_RUN in reason:
            yield f"{report.nodeid}: {reason.split(NOT_RUN)[1]}"


def _failed(reporter: pytest.TerminalReporter) -> Iterator[str]:
    """A line each: whoever sees only the end of the output knows what to look for."""
    for kind in ("failed", "error"):
        for report in reporter.stats.get(kind, []):
            crash = getattr(report.longrepr, "reprcrash", None)
            reason = str(crash.message if crash else report.longrepr or "").strip().partition("\n")[0]
            yield f"{kind.upper()} {report.nodeid} - {reason[:LONGEST_REASON]}"
