"""What is kept of an uploaded picture, and what is not taken."""

import zlib

import pytest
from support.folder import booted
from support.pictures import EVERY, GIF, JPEG, SECRET, SIZE, WEBP, chunk, png


@pytest.fixture(scope="module", autouse=True)
def _django(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Sentences are translated."""
    booted(tmp_path_factory.mktemp("pictures"))


def read(body: bytes):  # noqa: ANN201 - imported late, like everything of Django's
    from clicktrail.control.banners import pictures

    return pictures.read(body)


def refused(body: bytes) -> str:
    from clicktrail.control.banners.broken import Refused

    with pytest.raises(Refused) as fault:
        read(body)
    return str(fault.value)


@pytest.mark.parametrize("name", EVERY)
def test_the_picture_is_kept_and_nothing_else(name: str) -> None:
    body = EVERY[name]
    assert SECRET in body
    picture = read(body + b"<script>SECRET-TAIL</script>")
    assert SECRET not in picture.body and b"Exif" not in picture.body
    assert (picture.size.width, picture.size.height) == SIZE
    assert picture.kind.ending == name.split()[-1]
    assert read(picture.body).body == picture.body, "what was kept is kept whole"


def test_frames_and_their_times_stay() -> None:
    kept = read(GIF).body
    assert kept.count(b"\x21\xf9\x04") == 2 and b"NETSCAPE2.0\x03\x01" in kept
    kept = read(EVERY["moving webp"]).body
    assert kept.count(b"ANMF") == 2 and b"ANIM" in kept


@pytest.mark.parametrize("name", EVERY)
def test_every_piece_that_is_missing_is_noticed(name: str) -> None:
    body = read(EVERY[name]).body
    for end in range(4, len(body) - 1):
        assert refused(body[:end])


@pytest.mark.parametrize(
    "body",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"BM\x3a\0\0\0",
        b"\0\0\0\x1cftypavif",
        b"PK\x03\x04",
        b"\x89PNG",
    ],
)
def test_what_is_no_picture_is_not_taken(body: bytes) -> None:
    assert "Save it as PNG, JPEG, GIF or WebP" in refused(body + b" " * 64)


def test_too_many_bytes() -> None:
    assert "larger than 2 MiB" in refused(png() + b"\0" * (2 << 20))
    assert "empty" in refused(b"")


@pytest.mark.parametrize(
    ("width", "height", "sentence"),
    [(4001, 1, "4001 × 1 pixels"), (1, 4001, "1 × 4001"), (2001, 2000, "4 million"), (2**31, 2**31, "× 2147483648")],
)
def test_too_many_pixels(width: int, height: int, sentence: str) -> None:
    assert sentence in refused(png(width, height, pixels=b"\0"))


def test_a_bomb_is_not_unpacked() -> None:
    """The header promises six by four pixels; behind it lie a hundred million bytes."""
    bomb = zlib.compress(b"\0" * 100_000_000, 9)
    head, tail = png().split(b"IDAT")[0][:-4], chunk(b"IEND", b"")
    assert "damaged" in refused(head + chunk(b"IDAT", bomb) + tail)


@pytest.mark.parametrize(
    "body",
    [
        png(pixels=b"\0" * 75),
        png(pixels=b"\0" * 77),
        png(extra=chunk(b"EVIL", b"")),
        png().replace(b"IHDR", b"IHDX"),
        png()[:40] + b"\xff" + png()[41:],
        JPEG.replace(b"\xff\xc2", b"\xff\xc3"),
        JPEG.replace(b"\xff\xc2", b"\xff\xc9"),
        GIF[:6] + b"\0\0\0\0" + GIF[10:],
        GIF.replace(b"\x2c\0\0\0\0", b"\x2c\x01\0\0\0"),
        WEBP.replace(b"\x9d\x01\x2a", b"\x9d\x01\x2b"),
    ],
)
def test_what_does_not_fit_together_is_damaged(body: bytes) -> None:
    assert "damaged" in refused(body)


def test_an_animation_that_no_browser_should_unpack() -> None:
    frame = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x01\x44\0"
    head = b"GIF89a\x01\0\x01\0\0\0\0"
    assert read(head + frame * 300 + b"\x3b").size.width == 1
    assert "too long" in refused(head + frame * 301 + b"\x3b")
    head = b"GIF89a" + (2000).to_bytes(2, "little") * 2 + b"\0\0\0"
    assert "too long" in refused(head + frame * 26 + b"\x3b"), "26 frames of four million pixels"


def test_a_progressive_bomb() -> None:
    at = JPEG.rindex(b"\xff\xda")
    scan = JPEG[at:-2]
    assert "damaged" in refused(JPEG[:-2] + scan * 65 + JPEG[-2:])


@pytest.mark.parametrize(("turned", "taken"), [(1, True), (3, False), (6, False), (8, False), (9, True)])
def test_a_picture_that_lies_on_its_side(turned: int, taken: bool) -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + turned.to_bytes(2, "big") + b"\0\0\0\0\0\0"
    body = JPEG[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + JPEG[2:]
    if taken:
        assert read(body)
    else:
        assert "upright" in refused(body)
