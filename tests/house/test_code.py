"""Every file of ours keeps the house rules."""

from collections.abc import Callable, Iterator
from pathlib import Path

from house import rules

MODULES = sorted(p for p in rules.SOURCE.rglob("*.py"))
TEST_MODULES = sorted(rules.TESTS.rglob("*.py"))
MONEY = ("core/money.py", "core/judge.py", "core/postback.py")
"""Where money is read, reckoned or decided on."""
ON_THE_PATH = ("journal/local.py", "journal/events.py")
"""With core and edge: what a click passes through."""
TALKERS = ("commands", "demo", "cli.py", "supervise.py")
"""What a person starts in a terminal."""


def _in(path: Path, *names: str) -> bool:
    return any(part in names for part in path.relative_to(rules.ROOT).parts)


def _none(paths: list[Path], rule: Callable[[Path, str], Iterator[str]]) -> None:
    found = [f"{path.relative_to(rules.ROOT)}:{line}" for path in paths for line in rule(path, path.read_text())]
    assert not found, "\n".join(found)


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 15
    assert len(TEST_MODULES) > 3


def test_nothing_is_too_long_to_read() -> None:
    ours = [path for path in MODULES if not _in(path, "migrations")]
    _none(ours, lambda _, source: rules.long_module(source))
    _none(TEST_MODULES, lambda _, source: rules.long_module(source, rules.LONGEST_TEST_LINES))
    _none(ours + TEST_MODULES, lambda _, source: rules.long_functions(source))


def test_banned_calls() -> None:
    def rule(path: Path, source: str) -> Iterator[str]:
        banned = dict(rules.BANNED_EVERYWHERE)
        if _in(path, "core", "edge") or path.relative_to(rules.SOURCE).as_posix() in ON_THE_PATH:
            banned |= rules.BANNED_ON_THE_PATH
        return rules.banned_calls(source, banned)

    _none(MODULES, rule)


def test_only_commands_print() -> None:
    _none([path for path in MODULES if not _in(path, *TALKERS)], lambda _, source: rules.prints(source))


def test_no_test_sleeps() -> None:
    _none(TEST_MODULES, lambda _, source: rules.banned_calls(source, rules.BANNED_IN_TESTS))


def test_no_float_near_money() -> None:
    _none([rules.SOURCE / name for name in MONEY], lambda _, source: rules.floats(source))


def test_imports_keep_their_direction() -> None:
    def rule(path: Path, source: str) -> Iterator[str]:
        parts = path.relative_to(rules.SOURCE).parts
        package = parts[0] if len(parts) > 1 else ""
        return rules.wrong_imports(package, rules.module_name(path, rules.SOURCE), source)

    _none(MODULES, rule)
