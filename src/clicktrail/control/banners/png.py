"""PNG: header, palette, transparency, colour space and pixels are kept; texts, EXIF, profiles and tails are not.

The pixels are unpacked once, to the very length that the header promises: what is longer is a bomb.
An animated PNG keeps its still picture.
"""

import zlib

from clicktrail.control.banners.broken import Bytes, damaged
from clicktrail.control.banners.size import Size, fitting

MARK = b"\x89PNG\r\n\x1a\n"
KEPT = (b"IHDR", b"PLTE", b"tRNS", b"sRGB", b"gAMA", b"cHRM", b"IDAT", b"IEND")
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Colour type -> values a pixel."""
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Of an interlaced picture: first column, first row, every how many columns, rows."""
STEP_BYTES = 1 << 16


def is_one(body: bytes) -> bool:
    return body.startswith(MARK)


def tidy(body: bytes) -> tuple[Size, bytes]:
    """Raises Refused."""
    kept = bytearray(MARK)
    size, promised, name = Size(0, 0), 0, b""
    unpacking = zlib.decompressobj()
    unpacked = 0
    source = Bytes(body, len(MARK))
    while name != b"IEND":
        length, name = source.number(4), source.take(4)
        piece, check = source.take(length), source.number(4)
        if zlib.crc32(name + piece) != check or (name == b"IHDR") == bool(promised):
            raise damaged()
        if name == b"IHDR":
            size, promised = _header(piece)
        elif name == b"IDAT":
            unpacked += _unpacked(unpacking, piece, promised - unpacked)
        if name in KEPT:
            kept += length.to_bytes(4, "big") + name + piece + check.to_bytes(4, "big")
        elif name[:1].isupper():
            raise damaged()
    if unpacked != promised or not unpacking.eof:
        raise damaged()
    return size, bytes(kept)


def _header(piece: bytes) -> tuple[Size, int]:
    """(size, bytes of all rows once they are unpacked)"""
    source = Bytes(piece)
    size = fitting(source.number(4), source.number(4))
    depth, colour, packing, filtering, interlaced = source.take(5)
    if depth not in DEPTHS.get(colour, ()) or packing or filtering or interlaced > 1 or not source.is_at_end:
        raise damaged()
    bits = depth * CHANNELS[colour]
    passes = PASSES if interlaced else ((0, 0, 1, 1),)
    return size, sum(_rows(size, bits, *each) for each in passes)


def _rows(size: Size, bits: int, column: int, row: int, columns: int, rows: int) -> int:
    wide = -(-(size.width - column) // columns)
    high = -(-(size.height - row) // rows)
    return high * (1 + -(-wide * bits // 8)) if wide > 0 and high > 0 else 0


def _unpacked(unpacking: "zlib._Decompress", piece: bytes, most: int) -> int:
    """How many bytes this piece holds; more than `most` is refused before it is unpacked."""
    count = 0
    while piece:
        try:
            count += len(unpacking.decompress(piece, min(STEP_BYTES, most - count + 1)))
        except zlib.error:
            raise damaged() from None
        if count > most or unpacking.unused_data:
            raise damaged()
        piece = unpacking.unconsumed_tail
    return count
