"""GIF: colours, frames, their times and the loop are kept; comments, plain texts, other applications and tails not."""

from clicktrail.control.banners.broken import Bytes, damaged
from clicktrail.control.banners.size import Frames, Size, fitting

MARKS = (b"GIF87a", b"GIF89a")
EXTENSION, FRAME, END = 0x21, 0x2C, 0x3B
TIMES, APPLICATION = 0xF9, 0xFF
LOOP = b"NETSCAPE2.0"


def is_one(body: bytes) -> bool:
    return body.startswith(MARKS)


def tidy(body: bytes) -> tuple[Size, bytes]:
    """Raises Refused."""
    source = Bytes(body)
    kept = bytearray(source.take(6))
    size = fitting(source.number(2, "little"), source.number(2, "little"))
    flags = source.take(1)[0]
    kept += size.width.to_bytes(2, "little") + size.height.to_bytes(2, "little") + bytes([flags])
    kept += source.take(2) + _colours(source, flags)
    frames = Frames(size)
    while (kind := source.number(1)) != END:
        if kind == EXTENSION:
            kept += _extension(source)
        elif kind == FRAME:
            kept += _frame(source, frames)
        else:
            raise damaged()
    if not frames.count:
        raise damaged()
    return size, bytes(kept) + bytes([END])


def _extension(source: Bytes) -> bytes:
    """Those that a browser obeys, written anew; others come to nothing."""
    label = source.number(1)
    blocks = _blocks(source)
    if label == TIMES and len(blocks) == 1 and len(blocks[0]) == 4:
        return bytes([EXTENSION, TIMES, 4]) + blocks[0] + b"\0"
    if label == APPLICATION and len(blocks) == 2 and blocks[0] == LOOP and len(blocks[1]) == 3:
        return bytes([EXTENSION, APPLICATION, len(LOOP)]) + LOOP + b"\3\1" + blocks[1][1:] + b"\0"
    return b""


def _frame(source: Bytes, frames: Frames) -> bytes:
    place = source.take(8)
    left, top, width, height = (int.from_bytes(place[at : at + 2], "little") for at in (0, 2, 4, 6))
    frames.add(left, top, width, height)
    flags = source.take(1)[0]
    colours, code_bits = _colours(source, flags), source.take(1)
    if not 2 <= code_bits[0] <= 11:
        raise damaged()
    blocks = _blocks(source)
    if not blocks:
        raise damaged()
    pixels = b"".join(bytes([len(block)]) + block for block in blocks)
    return bytes([FRAME]) + place + bytes([flags]) + colours + code_bits + pixels + b"\0"


def _colours(source: Bytes, flags: int) -> bytes:
    return source.take(3 << ((flags & 7) + 1)) if flags & 0x80 else b""


def _blocks(source: Bytes) -> list[bytes]:
    found = []
    while length := source.number(1):
        found.append(source.take(length))
    return found
