"""Rules about files as a whole: what may not stand in them, and which ones nobody uses."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from house import rules

# Put together from halves, so that the rule itself names none.
_HOSTS = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "yarn" + "pkg.com")
_HOSTS += ("crates" + ".io", "deb" + "ian.org", "ruby" + "gems.org", "proxy.go" + "lang.org", "index.doc" + "ker.io")
REGISTRIES = re.compile("|".join(map(re.escape, _HOSTS)) + "|--(?:extra-)?index-url|--find-links")
"""A registry is the choice of whoever installs. Shown to people: the name of the package."""

MACHINE = re.compile(r"(?<![\w.$}>])/(?:work|root|Users)/|(?<![\w.$}>/])/home/(?!clicktrail\b)\w+")
"""Folders of the machine that a file was written on."""

ENTRIES = frozenset({"clicktrail", "clicktrail.cli", "clicktrail.__main__", "clicktrail.control.wsgi"})
"""Started from outside: by the installed command, by `python -m`, by the console's server."""

LOADED_BY_NAME = re.compile(
    r"\.(migrations(\..*)?|apps|models|admin|templatetags(\..*)?|management(\..*)?|formats(\..*)?)$|\.control\.db(\.|$)"
)
"""Django finds these by their name."""


def tracked() -> list[Path]:
    """Every file of the repository that exists, also those not committed yet but not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=rules.ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        return _walked()
    names = (name for name in listed.stdout.decode().split("\0") if name)
    return sorted(path for name in names if (path := rules.ROOT / name).is_file())


def _walked() -> list[Path]:
    """Without git (an unpacked archive): all but hidden folders."""
    return sorted(
        path
        for path in rules.ROOT.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(rules.ROOT).parts[:-1])
    )


def texts(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """Those that are UTF-8 text."""
    for path in paths:
        body = path.read_bytes()
        if b"\0" not in body[:8192]:
            yield path, body.decode("utf-8", "replace")


def lines_with(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if found := pattern.search(line):
            yield f"{number}: {found.group()}"


def unused(modules: Mapping[str, str], entries: frozenset[str] = ENTRIES) -> list[str]:
    """Modules (name -> source) that no other module imports, nor names as text (`"a.b.c"`, `a.b.c:run`)."""
    used: set[str] = set(entries)
    for name, source in modules.items():
        for _, imported in rules.imports(_package_of(name, modules), source):
            used |= _with_parents(imported) - {name}
        # Django is given a function's name as text: the module is what stands in front of it.
        texts = {text for text in re.findall(r"clicktrail(?:\.\w+)+", source) if not text.startswith(name)}
        used |= texts | {text.rpartition(".")[0] for text in texts}
    packages = {parent for name in modules for parent in _with_parents(name) - {name}}
    return sorted(n for n in modules if n not in used | packages and not LOADED_BY_NAME.search(n))


def _package_of(name: str, modules: Mapping[str, str]) -> str:
    """A package's own __init__ resolves `from . import x` against itself, a module against its parent."""
    return f"{name}.__init__" if any(other.startswith(name + ".") for other in modules) else name


def _with_parents(name: str) -> set[str]:
    parts = name.split(".")
    return {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
