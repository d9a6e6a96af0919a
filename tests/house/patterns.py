"""Regular expressions of the source, and the strings that make a bad one slow.

A pattern is bad when a text of some thousand characters costs it more than linear time: nested quantifiers
(`(a+)+b`), neighbours that take the same characters (`\\s*\\s*x`), or a search that runs to the end from every
place (`<[^>]*>`).
"""

import ast
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from re import _compiler as compiler  # type: ignore[attr-defined]
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

METHODS = ("match", "fullmatch", "search", "sub", "split", "findall", "finditer")
LENGTHS = (12, 16, 20, 24, 32, 40, 50, 65, 85, 110, 150, 250, 1500, 6000)
"""Rising slowly at first, so that an exponential pattern is found before it hangs the test."""
MOST_S = 0.02
"""A linear pattern takes some hundred microseconds for 6,000 characters, a quadratic one at least 50 milliseconds."""
TRIES = 4
ENDINGS = ("", "\x01", "\x00 y")
MOST_PIECES = 8


@dataclass(frozen=True)
class Pattern:
    place: str
    text: str | bytes
    flags: int
    searches: bool
    """Whether it is tried from every place of a text, not from its beginning alone."""

    def __str__(self) -> str:
        return f"{self.place} {self.text!r}"


def patterns_in(path: Path, name: str) -> Iterator[Pattern]:
    """Those that are written as a literal or put together from literals of the module."""
    tree = ast.parse(path.read_text())
    values = dict(_constants(tree))
    bound = _bound(tree)
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if (method := _method_of_re(call.func)) and call.args:
            text = _value(call.args[0], values)
            if text is None:
                yield Pattern(f"{name}:{call.lineno}", "", 0, False)
                continue
            used = bound.get(id(call), {"search"}) if method == "compile" else {method}
            yield Pattern(f"{name}:{call.lineno}", text, _flags(call), not used <= {"match", "fullmatch"})
        for keyword in call.keywords:
            if keyword.arg == "pattern" and isinstance(text := _value(keyword.value, values), str):
                yield Pattern(f"{name}:{call.lineno}", text, 0, True)


def _method_of_re(func: ast.expr) -> str:
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "re":
        return func.attr if func.attr in ("compile", *METHODS) else ""
    return ""


def _constants(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    found: dict[str, Any] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and getattr(node, "value", None) is not None:
            value = _value(node.value, found)  # type: ignore[attr-defined]
            if value is not None:
                found[target.id] = value
    yield from found.items()


def _value(node: ast.expr, known: dict[str, Any]) -> Any:
    """A literal, an f-string or a sum of known ones; None where it is anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, (str, bytes, int)) else None
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.JoinedStr):
        parts = [_value(part.value if isinstance(part, ast.FormattedValue) else part, known) for part in node.values]
        return None if None in parts else "".join(map(str, parts))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _value(node.left, known), _value(node.right, known)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
        return "one|two"  # alternatives that stand in a table
    return None


def _flags(call: ast.Call) -> int:
    words = ast.dump(ast.Tuple(elts=[*call.args[1:], *(keyword.value for keyword in call.keywords)]))
    return sum(int(flag) for name, flag in re.RegexFlag.__members__.items() if len(name) > 1 and f"'{name}'" in words)


def _bound(tree: ast.Module) -> dict[int, set[str]]:
    """compile call -> the methods that the module calls on its name, or on the result itself."""
    names: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
            names.setdefault(node.value.id, set()).add(node.attr)
    found: dict[int, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Name):
            found[id(node.value)] = names.get(node.targets[0].id, set()) or {"search"}
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call) and node.attr in METHODS:
            found[id(node.value)] = {node.attr}
    return found


def is_slow(pattern: Pattern) -> str:
    """A hostile text that costs too much, shortened; empty where none does."""
    compiled = re.compile(pattern.text, pattern.flags)
    attempt = compiled.search if pattern.searches else compiled.fullmatch
    run = (lambda text: sum(1 for _ in compiled.finditer(text))) if pattern.searches else attempt
    for before, pump, after in _hostile(pattern):
        for length in LENGTHS:
            text: Any = before + pump * (length // len(pump)) + after
            if isinstance(pattern.text, bytes):
                text = text.encode("latin-1", "replace")
            if _seconds(run, text) > MOST_S:
                return f"{before!r} + {pump!r} * {length // len(pump)} + {after!r}"
    return ""


def _seconds(run: Any, text: Any) -> float:
    """The best of a few attempts: a busy machine is slow now and then, a bad pattern always."""
    best = 1e9
    for _ in range(TRIES):
        began = time.thread_time()
        run(text)
        best = min(best, time.thread_time() - began)
        if best < MOST_S:
            break
    return best


def _hostile(pattern: Pattern) -> Iterator[tuple[str, str, str]]:
    """(beginning, what is repeated, end), from the pieces that the pattern itself is made of."""
    text = pattern.text if isinstance(pattern.text, str) else pattern.text.decode("latin-1")
    pieces = list(dict.fromkeys(_pieces(parser.parse(text, pattern.flags))))[:MOST_PIECES]
    pairs = ["".join(pair) for pair in product(pieces, repeat=2) if pair[0] != pair[1]]
    yield from product(["", *pieces], pieces, ENDINGS)
    yield from product(["", *pieces[:1]], pairs, ENDINGS)


def _pieces(parsed: Any) -> Iterator[str]:
    """Runs of literals, and two characters of each class."""
    run = ""
    for kind, value in parsed:
        if kind is op.LITERAL:
            run += chr(value)
            continue
        if run:
            yield run
        run = ""
        yield from _inner(kind, value)
    if run:
        yield run


def _inner(kind: Any, value: Any) -> Iterator[str]:
    if kind is op.IN:
        yield from _members(value)
    elif kind in (op.ANY, op.NOT_LITERAL):
        yield "z"
    elif kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        yield from _pieces(value[2])
    elif kind is op.SUBPATTERN:
        yield from _pieces(value[3])
    elif kind is op.ATOMIC_GROUP:
        yield from _pieces(value)
    elif kind is op.BRANCH:
        for branch in value[1]:
            yield from _pieces(branch)
    elif kind in (op.ASSERT, op.ASSERT_NOT):
        yield from _pieces(value[1])


SAMPLES = "a1 .,-_A%\"'<{/;:\t\u00e9\u20ac!x"


def _members(members: Any) -> Iterator[str]:
    """Up to three characters that the class takes, of different kinds."""
    one = compiler.compile(parser.SubPattern(parser.State(), [(op.IN, members)]), 0)
    yield from [sign for sign in SAMPLES if one.fullmatch(sign)][:3]


def is_possessive(pattern: Pattern) -> bool:
    """Whether it has a possessive repeat (`a*+`) or an atomic group."""
    tree = str(parser.parse(pattern.text, pattern.flags))
    return "POSSESSIVE_REPEAT" in tree or "ATOMIC_GROUP" in tree
