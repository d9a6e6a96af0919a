"""Each house rule is shown a bad sample and must find it, and a good one that it must leave alone."""

import pytest
from house import rules

LONG = "def tall():\n" + "    x = 1\n" * 60


def test_a_long_function_is_found_and_one_of_the_longest_length_is_not() -> None:
    assert list(rules.long_functions(LONG)) == ["1: tall has 61 lines, more than 60"]
    assert list(rules.long_functions(LONG.replace("    x = 1\n", "", 1))) == []


def test_a_long_module_is_found() -> None:
    assert list(rules.long_module("x = 1\n" * 451)) == ["1: the module has 451 lines, more than 450"]
    assert list(rules.long_module("x = 1\n" * 450)) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(1)",
        "from time import sleep\nsleep(1)",
        "from time import sleep as rest\nrest(1)",
        "import time as t\nt.sleep(1)",
        "def f():\n    import time\n    time.sleep(0)",
    ],
)
def test_sleep_is_found_under_any_name(source: str) -> None:
    assert len(list(rules.banned_calls(source, rules.BANNED_IN_TESTS))) == 1


@pytest.mark.parametrize("source", ["time.monotonic()", "sleep = 1", "'time.sleep(1)'", "event.wait(1)"])
def test_what_is_no_sleep_is_left_alone(source: str) -> None:
    assert list(rules.banned_calls(source, rules.BANNED_IN_TESTS)) == []


def test_eval_and_its_like_are_found() -> None:
    found = list(rules.banned_calls("eval('1')\nimport pickle\npickle.loads(b'')", rules.BANNED_EVERYWHERE))
    assert [line.split(":")[0] for line in found] == ["1", "3"]


def test_words_to_standard_output_are_found() -> None:
    assert list(rules.prints("print('x')")) == ["1: print() to standard output; return it, or log it"]
    assert list(rules.prints("print('x', file=sys.stderr)\nprinter.print('x')")) == []


@pytest.mark.parametrize("source", ["x = 0.5", "x = float('1')", "x = a / b", "x /= 2", "def f(x: float): ..."])
def test_floats_are_found(source: str) -> None:
    assert list(rules.floats(source))


@pytest.mark.parametrize("source", ["x = a // b", "x = 10**6", "from pathlib import Path", "x = '0.5'"])
def test_whole_numbers_are_no_floats(source: str) -> None:
    assert list(rules.floats(source)) == []


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("core", "import time"),
        ("core", "from os import environ"),
        ("core", "import msgspec"),
        ("core", "from clicktrail import settings"),
        ("core", "def f():\n    import random"),
        ("journal", "from clicktrail.edge import server"),
        ("journal", "from clicktrail.control.ledger import models"),
        ("edge", "from clicktrail.engine import run"),
        ("edge", "import django"),
        ("edge", "from ..control import boot"),
        ("engine", "from clicktrail.edge.routes import ROUTES"),
        ("engine", "from clicktrail.control.console import urls"),
        ("control", "from clicktrail.edge import health"),
        ("control", "from clicktrail.engine.run import Engine"),
        ("courier", "from clicktrail.engine import run"),
    ],
)
def test_an_import_against_the_direction_is_found(package: str, source: str) -> None:
    assert len(list(rules.wrong_imports(package, f"clicktrail.{package}.sample", source))) == 1


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("core", "import hashlib\nfrom clicktrail.core import money\nfrom . import clickid"),
        ("journal", "from clicktrail.core.clickid import Mint\nfrom clicktrail.errors import JournalError"),
        ("edge", "import uvloop\nfrom clicktrail.journal import local\nfrom clicktrail.settings import Settings"),
        ("engine", "from clicktrail.control.ledger.models import Click\nfrom django.db import connection"),
        ("control", "from clicktrail.engine.replay import replay\nfrom clicktrail.journal.local import Writer"),
        ("commands", "from clicktrail.edge.run import run\nfrom clicktrail.control.boot import boot"),
    ],
)
def test_an_import_along_the_direction_is_left_alone(package: str, source: str) -> None:
    assert list(rules.wrong_imports(package, f"clicktrail.{package}.sample", source)) == []
