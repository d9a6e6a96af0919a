"""JPEG: tables and scans are kept; EXIF, places, comments, previews, profiles and tails are not.

Without EXIF nobody would turn a picture that was stored lying on its side: such a one is refused.
"""

from django.utils.translation import gettext as _

from clicktrail.control.banners.broken import Bytes, Refused, damaged
from clicktrail.control.banners.size import MAX_SCANS, Size, fitting

MARK = b"\xff\xd8\xff"
END, SCAN = 0xD9, 0xDA
FRAMES = (0xC0, 0xC1, 0xC2)
"""Baseline, extended, progressive: what browsers show."""
TABLES = (0xC4, 0xDB, 0xDD)
PLAIN, EXIF, ADOBE = 0xE0, 0xE1, 0xEE
LEFT_OUT = (*range(0xE0, 0xF0), 0xFE)
COLOURS = (1, 3, 4)
JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
"""The plain one: no density, no preview."""
ORIENTATION = 0x0112
MOST_TAGS = 200


def is_one(body: bytes) -> bool:
    return body.startswith(MARK)


def tidy(body: bytes) -> tuple[Size, bytes]:
    """Raises Refused."""
    source = Bytes(body, 2)
    kept = bytearray(b"\xff\xd8")
    size, scans = None, 0
    while (marker := _marker(source)) != END:
        piece = source.take(_length(source))
        if marker == EXIF and _lies(piece):
            raise Refused(_("The picture is stored lying on its side. Turn it upright and save it once more."))
        if marker in FRAMES:
            size = _size(piece, size)
        elif marker not in (SCAN, *TABLES, *LEFT_OUT):
            raise damaged()
        kept += _kept(marker, piece)
        if marker == SCAN:
            kept += _pixels(source)
            scans += 1
        if scans > MAX_SCANS or (scans and size is None):
            raise damaged()
    if size is None or not scans:
        raise damaged()
    return size, bytes(kept) + bytes([0xFF, END])


def _kept(marker: int, piece: bytes) -> bytes:
    """A segment as it stays: of the applications' own ones those that say how colours are meant."""
    if marker == ADOBE and piece.startswith(b"Adobe") and len(piece) >= 12:
        piece = piece[:12]
    elif marker == PLAIN and piece.startswith(b"JFIF\0"):
        return JFIF
    elif marker in LEFT_OUT:
        return b""
    return bytes([0xFF, marker]) + (len(piece) + 2).to_bytes(2, "big") + piece


def _marker(source: Bytes) -> int:
    if source.number(1) != 0xFF:
        raise damaged()
    while (marker := source.number(1)) == 0xFF:
        pass
    return marker


def _length(source: Bytes) -> int:
    length = source.number(2)
    if length < 2:
        raise damaged()
    return length - 2


def _size(piece: bytes, before: Size | None) -> Size:
    source = Bytes(piece)
    depth, height, width, colours = source.number(1), source.number(2), source.number(2), source.number(1)
    if before is not None or depth != 8 or colours not in COLOURS or len(piece) != 6 + 3 * colours:
        raise damaged()
    return fitting(width, height)


def _pixels(source: Bytes) -> bytes:
    """Up to the next marker that is none of the pixels' own."""
    begin = source.at
    while True:
        found = source.body.find(b"\xff", source.at)
        if found < 0 or found + 1 >= len(source.body):
            raise damaged()
        after = source.body[found + 1]
        source.at = found + 2
        if after != 0 and after != 0xFF and not 0xD0 <= after <= 0xD7:
            source.at = found
            return source.body[begin:found]
        if after == 0xFF:
            source.at = found + 1


def _lies(piece: bytes) -> bool:
    """Whether EXIF says that the picture is to be turned or mirrored; nonsense says nothing."""
    if not piece.startswith(b"Exif\0\0"):
        return False
    data = piece[6:]
    order = "little" if data.startswith(b"II") else "big"
    try:
        source = Bytes(data, int.from_bytes(data[4:8], "little" if order == "little" else "big"))
        for _tag in range(min(source.number(2, order), MOST_TAGS)):
            tag, _kind, _count, value, _rest = (source.number(length, order) for length in (2, 2, 4, 2, 2))
            if tag == ORIENTATION:
                return 2 <= value <= 8
    except Refused:
        pass
    return False
