"""The house rules as functions: source in, findings out.

They know nothing of the tree, so that each can be shown a bad sample and must find it
(`test_rules.py`); `test_code.py` shows them every file of ours.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

LONGEST_FUNCTION_LINES = 60
LONGEST_MODULE_LINES = 450
LONGEST_TEST_LINES = 600
"""Tables of cases are longer, and easier to read in one piece."""

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "clicktrail"
TESTS = ROOT / "tests"

BANNED_EVERYWHERE = {
    "eval": "runs text as code",
    "exec": "runs text as code",
    "os.system": "runs a shell on text",
    "pickle.load": "runs what it reads",
    "pickle.loads": "runs what it reads",
    "datetime.utcnow": "has no zone; datetime.now(UTC)",
    "datetime.utcfromtimestamp": "has no zone; datetime.fromtimestamp(s, UTC)",
    "breakpoint": "is left over from debugging",
}
BANNED_IN_TESTS = {"time.sleep": "sleeps; a test observes with a deadline", "asyncio.sleep": "sleeps; a test observes"}
BANNED_ON_THE_PATH = {"time.sleep": "stands still while clicks wait"}
"""An engine and a supervisor may rest between two rounds."""

LAYERS: Mapping[str, tuple[str, ...]] = {
    "core": ("core",),
    "journal": ("core", "journal"),
    "edge": ("core", "journal", "edge"),
    "engine": ("core", "journal", "engine", "control"),
    "courier": ("core", "journal", "courier", "control"),
    "control": ("core", "journal", "control", "engine"),
}
"""package -> what it may import of ours; packages that are not listed may import everything."""

CONTROL_FOR_THE_ENGINE = re.compile(
    r"clicktrail\.control($|\.(boot|database|db|catalog|ledger|outbox)($|\.))",
)
"""The engine and the courier know control's models and connection, never its console."""
ENGINE_FOR_CONTROL = re.compile(r"clicktrail\.engine($|\.replay($|\.))")
PURE = frozenset({"os", "time", "random", "socket", "asyncio", "logging", "secrets", "subprocess", "threading"})
"""What the pure core may not touch: the clock, the dice, the world."""
WITHOUT_DJANGO = ("core", "journal", "edge")

FOR_ALL_BUT_CORE = frozenset(
    {
        "addresses",
        "settings",
        "errors",
        "sqlite",
        "keys",
        "catalogfile",
        "guard",
        "heartbeat",
        "log",
        "resolver",
        "unloaded",
        "__version__",
    }
)


def long_functions(source: str, limit: int = LONGEST_FUNCTION_LINES) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > limit:
                yield f"{node.lineno}: {node.name} has {lines} lines, more than {limit}"


def long_module(source: str, limit: int = LONGEST_MODULE_LINES) -> Iterator[str]:
    lines = source.count("\n")
    if lines > limit:
        yield f"1: the module has {lines} lines, more than {limit}"


def banned_calls(source: str, banned: Mapping[str, str]) -> Iterator[str]:
    """Calls by their written name: `time.sleep(1)`, also as `sleep(1)` after `from time import sleep`."""
    tree = ast.parse(source)
    real_names = _imported_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _dotted(node.func)
            first, dot, rest = name.partition(".")
            name = real_names.get(first, first) + dot + rest
            for wrong, why in banned.items():
                if name == wrong or ("." in wrong and name.endswith("." + wrong)):
                    yield f"{node.lineno}: {wrong} {why}"


def prints(source: str) -> Iterator[str]:
    """Words to a terminal that a server does not have. Its log goes to standard error, and says so."""
    for node in ast.walk(ast.parse(source)):
        is_print = isinstance(node, ast.Call) and _dotted(node.func) == "print"
        if is_print and not any(keyword.arg == "file" for keyword in node.keywords):
            yield f"{node.lineno}: print() to standard output; return it, or log it"


def floats(source: str) -> Iterator[str]:
    """Where money is near: no float literal, no float(), no division that makes one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{node.lineno}: {node.value!r} is a float"
        elif isinstance(node, ast.Name) and node.id == "float":
            yield f"{node.lineno}: float"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield f"{node.lineno}: / makes a float; // and a remainder do not"


PURE_PACKAGES = ("idna",)
"""Packages that core may import: functions of their arguments over tables of Unicode."""


def wrong_imports(package: str, module: str, source: str) -> Iterator[str]:
    """Imports against the house's direction; `package` is the first part under clicktrail, or empty."""
    if package not in LAYERS:
        return
    for line, name in imports(module, source):
        if name.split(".")[0] == "clicktrail":
            if not _may_import(package, name):
                yield f"{line}: {package} may not import {name}"
        elif package == "core" and name.split(".")[0] in PURE:
            yield f"{line}: core is pure; {name} is not"
        elif package == "core" and not _standard(name) and name.split(".")[0] not in PURE_PACKAGES:
            yield f"{line}: core keeps to the standard library; {name} is not of it"
        elif package in WITHOUT_DJANGO and name.split(".")[0] == "django":
            yield f"{line}: {package} works without Django"


def imports(module: str, source: str) -> Iterator[tuple[int, str]]:
    """(line, module named) of every import, also those inside functions; relative ones made whole."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*module.split(".")[: -node.level], *([base] if base else [])])
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def module_name(path: Path, root: Path) -> str:
    """src/clicktrail/core/money.py -> clicktrail.core.money"""
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _may_import(package: str, name: str) -> bool:
    head = (name.split(".") + [""])[1]
    if head in FOR_ALL_BUT_CORE:
        return package != "core"
    if head not in LAYERS[package]:
        return False
    if package in ("engine", "courier") and head == "control":
        return bool(CONTROL_FOR_THE_ENGINE.match(name))
    if package == "control" and head == "engine":
        return bool(ENGINE_FOR_CONTROL.match(name))
    return True


def _standard(name: str) -> bool:
    import sys

    return name.split(".")[0] in sys.stdlib_module_names


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """Name used here -> name at home, for `from time import sleep as rest` and `import os as o`."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.asname: a.name for a in node.names if a.asname}
    return found


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return "?"
