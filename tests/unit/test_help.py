"""What `--help` says: a sentence on every command, argument and option, and which of them a variable can set."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main
from typer.testing import CliRunner

from clicktrail.cli import app
from clicktrail.settings import Settings


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
def test_every_option_says_what_it_is(parameter: Any) -> None:
    assert len(parameter.help or "") >= 15


@pytest.mark.parametrize("parameter", [case for case in PARAMETERS if case.values[0].param_type_name == "option"])
def test_only_settings_have_a_variable(parameter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is left over in a shell must never confirm, apply or shape what one command does."""
    variable = f"CLICKTRAIL_{parameter.name.upper()}"
    monkeypatch.setenv(variable, "1")
    if parameter.name == "data":
        assert parameter.envvar == "CLICKTRAIL_DATA"
    elif parameter.name in Settings.__annotations__ and variable in parameter.help:
        assert parameter.envvar is None, "settings.load reads the variable"
    else:
        assert parameter.envvar is None and "CLICKTRAIL_" not in parameter.help
        with click.Context(click.Command("any"), auto_envvar_prefix=None) as context:
            assert parameter.resolve_envvar_value(context) is None


def test_no_prefix_gives_every_option_a_variable() -> None:
    assert typer.main.get_command(app).context_settings.get("auto_envvar_prefix") is None


def test_a_variable_confirms_nothing(tmp_path: Path) -> None:
    """The exit code 2 is that of the missing data folder: with --check read from the variable it would be a run."""
    stray = {f"CLICKTRAIL_{name}": "1" for name in ("YES", "CHECK", "JSON", "PROGRAM", "CSV", "DRY_RUN")}
    result = CliRunner().invoke(
        app, ["reconcile", "orders.csv"], env={**stray, "CLICKTRAIL_APPLY": "confirm", "CLICKTRAIL_DATA": str(tmp_path)}
    )
    assert result.exit_code == 2 and "--program" in result.output
