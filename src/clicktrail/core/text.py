"""Text from outside: the characters around a value that nobody can see are no part of it.

Templates, spreadsheets and copied mails leave spaces, line ends, byte order marks and zero-width
characters around values. To a person `7` and `7` with a zero-width space behind it are the same.
"""

from unicodedata import category

_RANGES = (
    (0x0000, 0x0020),  # control characters and the space
    (0x007F, 0x00A0),  # more control characters and the no-break space
    (0x00AD, 0x00AD),  # soft hyphen
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x061C, 0x061C),  # Arabic letter mark
    (0x115F, 0x1160),  # Hangul fillers
    (0x1680, 0x1680),  # Ogham space mark
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian variation selectors and vowel separator
    (0x2000, 0x200F),  # spaces, zero-width characters, direction marks
    (0x2028, 0x202F),  # line and paragraph separator, direction embeddings, narrow no-break space
    (0x205F, 0x206F),  # mathematical space, word joiner, invisible operators, direction isolates
    (0x2800, 0x2800),  # braille pattern without dots
    (0x3000, 0x3000),  # ideographic space
    (0x3164, 0x3164),  # Hangul filler
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),  # byte order mark, zero-width no-break space
    (0xFFA0, 0xFFA0),  # half-width Hangul filler
    (0xFFF0, 0xFFFB),  # reserved as invisible, interlinear annotations
    (0xFFFE, 0xFFFE),  # byte order mark in the wrong byte order
    (0x1BCA0, 0x1BCA3),  # shorthand format controls
    (0x1D173, 0x1D17A),  # musical format controls
    (0xE0000, 0xE0FFF),  # tags and more variation selectors
)
"""Unicode's White_Space and Default_Ignorable_Code_Point, all control characters, and a few that are drawn empty."""

INVISIBLE = frozenset(chr(code) for first, last in _RANGES for code in range(first, last + 1))

_EMOJI_ENDS = frozenset(chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000)))
"""Variation selectors and tags: behind a symbol they are a part of an emoji."""


def strip_invisible(text: str) -> str:
    """The text without the invisible characters at its start and end. What stands inside it stays."""
    if not text or ("!" <= text[0] <= "~" and "!" <= text[-1] <= "~"):
        return text
    start, end = 0, len(text)
    while start < end and text[start] in INVISIBLE:
        start += 1
    while start < end and text[end - 1] in INVISIBLE:
        end -= 1
    if start < end < len(text) and text[end] in _EMOJI_ENDS:
        end = _emoji_end(text, end)
    return text[start:end]


def _emoji_end(text: str, end: int) -> int:
    """Where the emoji that ends at `end` really ends: U+2764 U+FE0F is one sign."""
    if text[end - 1].isascii() or not category(text[end - 1]).startswith("S"):
        return end
    while end < len(text) and text[end] in _EMOJI_ENDS:
        end += 1
    return end


_CP1252 = {
    byte: ord(bytes([byte]).decode("cp1252"))
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
"""As browsers read Windows-1252: the five bytes that it leaves free stay control characters."""

_SURROUNDINGS = (
    *(" ", "  ", "\t", "\n", "\r", "\r\n", "\xa0", "\xad"),
    *("\u2009", "\u200b", "\u200e", "\u200f", "\u2060", "\ufeff"),
)


def stored_spellings(text: str) -> list[str]:
    """Under which texts a value may have been stored: as given, clean, and with what often surrounds one.

    Before values were cleaned on arrival, `T` and `T ` were two order numbers. A search for one finds both.
    """
    clean = strip_invisible(text)
    around = [clean + extra for extra in _SURROUNDINGS] + [extra + clean for extra in _SURROUNDINGS] + [f" {clean} "]
    return list(dict.fromkeys([text, clean, *around])) if clean else [text]


def decode_text(raw: bytes) -> str:
    """UTF-8; what is not valid UTF-8 is Windows-1252, so that two different texts never become one."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1").translate(_CP1252)


def clean_bytes(raw: bytes) -> str:
    """The text of a header; NUL is U+FFFD."""
    return decode_text(raw).replace("\0", "\ufffd")


def decode_file(raw: bytes) -> str:
    """The text of a file that a person saved: UTF-8, or UTF-16 with a byte order mark; line ends are `\\n`.

    Raises UnicodeDecodeError.
    """
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return raw.decode(encoding).lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
