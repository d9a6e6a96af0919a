"""A set-up file being read: tables whose fields know their line, and all faults together at the end."""

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from clicktrail.control.catalog.tomllines import Path, lines
from clicktrail.errors import CatalogError

Read = TypeVar("Read")
Written = TypeVar("Written")

_AT = re.compile(r"(?<!\s)\s*\(at (?:line (\d+), column \d+|end of document)\)$")


@dataclasses.dataclass(frozen=True, slots=True)
class Applied:
    added: list[str] = dataclasses.field(default_factory=list)
    """What was not there before, like `partner 3`."""
    changed: list[str] = dataclasses.field(default_factory=list)
    """What was there with other values, like `program 1 (name, state)`."""
    warnings: list[str] = dataclasses.field(default_factory=list)
    """What was taken and is doubtful, a sentence each."""


class Faults:
    """Collects what is wrong, each with line and field; nothing is applied while there is one."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, field: str, sentence: str) -> None:
        self._found.append((line, f"{self._file}, line {line}, {field}: {sentence}"))

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_if_any(self) -> None:
        if self._found:
            raise CatalogError("\n".join(text for _, text in sorted(self._found)))


class Table:
    """One table. Reading a field that is absent gives None; a wrong one is noted as a fault and gives None."""

    def __init__(self, values: dict[str, Any], path: Path, where: dict[Path, int], faults: Faults) -> None:
        self._values, self._path, self._where, self._faults = values, path, where, faults

    def __contains__(self, field: str) -> bool:
        return field in self._values

    def plain(self, field: str) -> Any:
        """As written, unchecked."""
        return self._values.get(field)

    def fault(self, field: str, sentence: str) -> None:
        self._faults.add(self.line(field), self._name(field), sentence)

    def line(self, field: str = "") -> int:
        """Of the field, else of its table, else of what that stands in."""
        path = (*self._path, field)
        while path and path not in self._where:
            path = path[:-1]
        return self._where.get(path, 1)

    def only(self, fields: Iterable[str]) -> None:
        """Any other field is a fault: most often a slip of the pen, which would be ignored in silence."""
        known = list(fields)
        for field in self._values:
            if field not in known:
                near = difflib.get_close_matches(field, known, 1)
                mend = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(known)}."
                self.fault(field, f"There is no such field; {mend}")

    def require(self, *fields: str) -> bool:
        missing = [field for field in fields if field not in self._values]
        for field in missing:
            self.fault(field, "It is missing here, and needed for what is new.")
        return not missing

    def text(self, field: str, rule: Callable[[str], Read]) -> Read | None:
        return self._read(field, str, 'a text in quotes, like "..."', rule)

    def number(self, field: str, rule: Callable[[int], Read]) -> Read | None:
        return self._read(field, int, "a whole number without quotes", rule)

    def amount(self, field: str, rule: Callable[[str], Read]) -> Read | None:
        """Amounts and percents are texts: a TOML number goes through floating point and is not exact."""
        return self._read(field, str, 'an amount in quotes, like "7.5": a bare number is not exact', rule)

    def choice(self, field: str, choices: list[str]) -> str | None:
        def one_of(text: str) -> str:
            if text not in choices:
                raise ValueError(f'"{text}" is none of {", ".join(choices)}.')
            return text

        return self.text(field, one_of)

    def flag(self, field: str) -> bool | None:
        """Written true or false."""
        if field not in self._values or isinstance(self._values[field], bool):
            return self._values.get(field)
        self.fault(field, "Write true or false, without quotes.")
        return None

    def texts(
        self, field: str, rule: Callable[[str], Read], together: Callable[[list[Read]], list[Read]] = list
    ) -> list[Read] | None:
        def every(values: list[Any]) -> list[Read]:
            if not all(isinstance(value, str) for value in values):
                raise ValueError('Write each one in quotes, like ["one", "two"].')
            return together([rule(value) for value in values])

        return self._read(field, list, 'a list, like ["one", "two"]', every)

    def tables(self, field: str) -> list["Table"]:
        values = self._values.get(field, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            self.fault(field, f"Write it as tables: [[{self._name(field)}]].")
            return []
        return [Table(v, (*self._path, field, at), self._where, self._faults) for at, v in enumerate(values)]

    def _read(self, field: str, kind: type[Written], form: str, rule: Callable[[Written], Read]) -> Read | None:
        if field not in self._values:
            return None
        value = self._values[field]
        if not isinstance(value, kind) or isinstance(value, bool):
            self.fault(field, f"Write {form}.")
            return None
        try:
            return rule(value)
        except ValueError as fault:
            self.fault(field, str(fault))
            return None

    def _name(self, field: str) -> str:
        return ".".join(str(part) for part in (*self._path, field) if part and isinstance(part, str))


def read(text: str, file: str, faults: Faults) -> Table:
    """The whole file as one table. Raises CatalogError where it is not TOML."""
    text = text.replace("\r\n", "\n")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise CatalogError(_not_toml(str(fault), text, file)) from None
    return Table(values, (), lines(text), faults)


def _not_toml(fault: str, text: str, file: str) -> str:
    at = _AT.search(fault)
    line = at[1] if at and at[1] else len(text.splitlines())
    return f"{file}, line {line}: This is not TOML: {_AT.sub('', fault)}."
