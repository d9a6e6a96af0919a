"""What `--help` says: a sentence on every command, argument and option, and the variable that stands for it."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from clicktrail.cli import app


def commands(command: Any = None, path: str = "clicktrail") -> Iterator[tuple[str, Any]]:
    command = command or typer.main.get_command(app)
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, below in inner.items():
        yield from commands(below, f"{path} {name}")


PARAMETERS = [
    pytest.param(parameter, id=f"{path} {parameter.name}")
    for path, command in commands()
    for parameter in command.params
]


@pytest.mark.parametrize(("path", "command"), [pytest.param(p, c, id=p) for p, c in commands()])
def test_every_command_says_what_it_does(path: str, command: Any) -> None:
    first = (command.help or "").strip().partition("\n\n")[0]
    assert first.endswith("."), f"{path}: {first!r}"
    assert len(first) >= 20


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_every_option_says_what_it_is_and_which_variable_stands_for_it(parameter: Any) -> None:
    assert len(parameter.help or "") >= 15
    if parameter.param_type_name == "option":
        assert "CLICKTRAIL_" in f"{parameter.envvar} {parameter.help}"
