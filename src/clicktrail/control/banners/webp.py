"""WebP: pictures, transparency, frames and their times are kept; EXIF, XMP, profiles and tails are not."""

from collections.abc import Iterator

from clicktrail.control.banners.broken import Bytes, damaged
from clicktrail.control.banners.size import Frames, Size, fitting

EXTENDED, LOOP, FRAME, ALPHA = b"VP8X", b"ANIM", b"ANMF", b"ALPH"
LOSSY, LOSSLESS = b"VP8 ", b"VP8L"
IS_MOVING, HAS_ALPHA = 0x02, 0x10


def is_one(body: bytes) -> bool:
    return body[:4] == b"RIFF" and body[8:12] == b"WEBP"


def tidy(body: bytes) -> tuple[Size, bytes]:
    """Raises Refused."""
    source = Bytes(body, 4)
    inside = source.take(source.number(4, "little"))[4:]
    chunks = list(_chunks(inside))
    if not chunks:
        raise damaged()
    if chunks[0][0] == EXTENDED:
        size, kept = _extended(chunks)
    else:
        size, kept = _plain(*chunks[0])
    return size, b"RIFF" + (len(kept) + 4).to_bytes(4, "little") + b"WEBP" + kept


def _extended(chunks: list[tuple[bytes, bytes]]) -> tuple[Size, bytes]:
    source = Bytes(chunks[0][1])
    flags, _reserved = source.number(1), source.take(3)
    size = fitting(source.number(3, "little") + 1, source.number(3, "little") + 1)
    frames = Frames(size)
    kept = []
    for name, piece in chunks[1:]:
        if name == FRAME and flags & IS_MOVING:
            kept.append(_written(FRAME, _frame(piece, frames)))
        elif name == LOOP and flags & IS_MOVING and len(piece) == 6:
            kept.append(_written(LOOP, piece))
        elif name == ALPHA and not flags & IS_MOVING:
            kept.append(_written(ALPHA, piece))
        elif name in (LOSSY, LOSSLESS) and not flags & IS_MOVING:
            if _size(name, piece) != size or frames.count:
                raise damaged()
            frames.add(0, 0, size.width, size.height)
            kept.append(_written(name, piece))
    if not frames.count:
        raise damaged()
    head = bytes([flags & (IS_MOVING | HAS_ALPHA), 0, 0, 0])
    head += (size.width - 1).to_bytes(3, "little") + (size.height - 1).to_bytes(3, "little")
    return size, _written(EXTENDED, head) + b"".join(kept)


def _plain(name: bytes, piece: bytes) -> tuple[Size, bytes]:
    return _size(name, piece), _written(name, piece)


def _frame(piece: bytes, frames: Frames) -> bytes:
    source = Bytes(piece)
    head = source.take(16)
    left, top, width, height = (int.from_bytes(head[at : at + 3], "little") for at in (0, 3, 6, 9))
    frames.add(left * 2, top * 2, width + 1, height + 1)
    pictures = [(name, inner) for name, inner in _chunks(piece[16:]) if name in (ALPHA, LOSSY, LOSSLESS)]
    if not pictures or _size(*pictures[-1]) != Size(width + 1, height + 1):
        raise damaged()
    return head + b"".join(_written(*each) for each in pictures)


def _size(name: bytes, piece: bytes) -> Size:
    """As the pixels' own header has it."""
    source = Bytes(piece)
    if name == LOSSY:
        if source.take(6)[3:] != b"\x9d\x01\x2a":
            raise damaged()
        return fitting(source.number(2, "little") & 0x3FFF, source.number(2, "little") & 0x3FFF)
    if name != LOSSLESS or source.number(1) != 0x2F:
        raise damaged()
    bits = source.number(4, "little")
    return fitting((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    source = Bytes(body)
    while not source.is_at_end:
        name, length = source.take(4), source.number(4, "little")
        yield name, source.take(length)
        if length % 2 and not source.is_at_end:
            source.take(1)


def _written(name: bytes, piece: bytes) -> bytes:
    return name + len(piece).to_bytes(4, "little") + piece + b"\0" * (len(piece) % 2)
