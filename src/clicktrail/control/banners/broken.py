"""What is wrong with an uploaded picture, and the readers' way of cutting a piece off it."""

from django.utils.translation import gettext as _


class Refused(ValueError):
    """The sentence says what is wrong and the mend."""


def damaged() -> Refused:
    return Refused(_("The picture is damaged or not complete. Save it once more with a picture editor."))


class Bytes:
    """Reads a picture from its beginning; asking for more than there is says that it is damaged."""

    def __init__(self, body: bytes, at: int = 0) -> None:
        self.body, self.at = body, at

    def take(self, count: int) -> bytes:
        piece = self.body[self.at : self.at + count]
        if len(piece) < count:
            raise damaged()
        self.at += count
        return piece

    def number(self, count: int, order: str = "big") -> int:
        return int.from_bytes(self.take(count), "little" if order == "little" else "big")

    @property
    def is_at_end(self) -> bool:
        return self.at >= len(self.body)
