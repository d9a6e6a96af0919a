"""Where in a TOML file a table or a key stands, so that an error can name the line.

tomllib says what a file means and that it is well formed, not where; this walks over the
statements of a file that tomllib has read without complaint.
"""

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]
"""('program', 0, 'product', 1, 'percent'): keys, and the position in an array of tables."""

_KEY = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*(\.?)""")
_TEXTS = ('"""', "'''", '"', "'")
_OPENING, _CLOSING = "[{", "]}"


def lines(text: str) -> dict[Path, int]:
    """Line, counted from 1, of every table and every key of a well-formed file."""
    found: dict[Path, int] = {}
    seen: dict[Path, int] = {}
    table: Path = ()
    for position, statement in _statements(text):
        line = text.count("\n", 0, position) + 1
        if statement.startswith("[["):
            table = _next_of(_keys(statement[2:]), seen)
            found[table] = line
        elif statement.startswith("["):
            table = _resolved(_keys(statement[1:]), seen)
            found[table] = line
        else:
            found.setdefault((*table, *_keys(statement)), line)
    return found


def _next_of(keys: Path, seen: dict[Path, int]) -> Path:
    """The path of one more table of an array."""
    path = (*_resolved(keys[:-1], seen), keys[-1])
    seen[path] = seen.get(path, -1) + 1
    return (*path, seen[path])


def _resolved(keys: Path, seen: dict[Path, int]) -> Path:
    """Inside an array of tables a header speaks of the last one."""
    path: Path = ()
    for key in keys:
        path = (*path, key)
        if path in seen:
            path = (*path, seen[path])
    return path


def _keys(statement: str) -> Path:
    keys: list[str | int] = []
    position, more = 0, True
    while more and (part := _KEY.match(statement, position)):
        keys.append(next(group for group in part.groups()[:3] if group is not None))
        position, more = part.end(), bool(part[4])
    return tuple(keys)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Position and text of each statement; a value may go over many lines."""
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        end = _end(text, position)
        if text[position] != "#":
            yield position, text[position:end]
        position = end


def _end(text: str, position: int) -> int:
    """Behind the last character of the statement that begins here: the line's end outside of all brackets."""
    depth = 0
    while position < len(text):
        character = text[position]
        if character in "\"'":
            position = _end_of_text(text, position)
            continue
        if character == "#":
            position = _end_of_line(text, position)
            continue
        if character == "\n" and depth <= 0:
            return position
        depth += (character in _OPENING) - (character in _CLOSING)
        position += 1
    return position


def _end_of_text(text: str, position: int) -> int:
    quote = next(mark for mark in _TEXTS if text.startswith(mark, position))
    position += len(quote)
    while position < len(text) and not text.startswith(quote, position):
        position += 2 if text[position] == "\\" and quote[0] == '"' else 1
    position += len(quote)
    while len(quote) == 3 and text.startswith(quote[0], position):
        position += 1
    return position


def _end_of_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end
