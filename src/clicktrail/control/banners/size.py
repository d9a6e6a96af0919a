"""How large a picture may be, in bytes, in pixels and in frames."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from clicktrail.control.banners.broken import Refused, damaged

MAX_BANNER_BYTES = 2 << 20
MAX_BANNER_SIDE = 4000
"""Pixels."""
MAX_BANNER_PIXELS = 4_000_000
MAX_FRAMES = 300
MAX_FRAMES_PIXELS = 100_000_000
"""Of all frames together: what each visitor's browser has to unpack."""
MAX_SCANS = 64
"""Of a progressive JPEG."""


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def holds(self, left: int, top: int, width: int, height: int) -> bool:
        return 0 < width <= self.width - left and 0 < height <= self.height - top


def fitting(width: int, height: int) -> Size:
    """Raises Refused."""
    if width < 1 or height < 1:
        raise damaged()
    if max(width, height) > MAX_BANNER_SIDE or width * height > MAX_BANNER_PIXELS:
        raise Refused(
            _(
                "The picture is %(width)d × %(height)d pixels. At most %(side)d on a side and %(millions)d million "
                "in all are taken: make it smaller."
            )
            % {
                "width": width,
                "height": height,
                "side": MAX_BANNER_SIDE,
                "millions": MAX_BANNER_PIXELS // 1_000_000,
            }
        )
    return Size(width, height)


class Frames:
    """Counts the frames of an animation, each of which must lie inside the picture."""

    def __init__(self, size: Size) -> None:
        self._size, self._pixels = size, 0
        self.count = 0

    def add(self, left: int, top: int, width: int, height: int) -> None:
        if not self._size.holds(left, top, width, height):
            raise damaged()
        self.count += 1
        self._pixels += self._size.pixels
        if self.count > 1 and (self.count > MAX_FRAMES or self._pixels > MAX_FRAMES_PIXELS):
            raise Refused(
                _(
                    "The animation is too long: at most %(frames)d pictures and %(millions)d million pixels in all are "
                    "taken. Make it smaller or shorter."
                )
                % {"frames": MAX_FRAMES, "millions": MAX_FRAMES_PIXELS // 1_000_000}
            )
