"""Write values as TOML: the standard library only reads it."""

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}

Value = str | bool | int | list[str]


def value(written: Value) -> str:
    """As TOML has it: tomllib reads the same again."""
    if isinstance(written, list):
        return "[" + ", ".join(value(item) for item in written) + "]"
    if isinstance(written, bool):
        return str(written).lower()
    return str(written) if isinstance(written, int) else f'"{"".join(_character(c) for c in written)}"'


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    is_control = ord(character) < 0x20 or ord(character) == 0x7F
    return f"\\u{ord(character):04X}" if is_control else character
