"""What kinds of pictures are taken. The content decides, never the name; what is kept is written anew, piece by piece.

Nothing is drawn here: a decoder that strangers feed is a way in. Pieces that are not known to be harmless are
left out, so no place, no name of a camera and no second file hidden behind the picture gets out.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from clicktrail.control.banners import gif, jpeg, png, webp
from clicktrail.control.banners.broken import Refused
from clicktrail.control.banners.size import MAX_BANNER_BYTES, Size


@dataclass(frozen=True, slots=True)
class Kind:
    ending: str
    media_type: str
    is_one: Callable[[bytes], bool]
    tidy: Callable[[bytes], tuple[Size, bytes]]


KINDS = {
    kind.ending: kind
    for kind in (
        Kind("png", "image/png", png.is_one, png.tidy),
        Kind("jpg", "image/jpeg", jpeg.is_one, jpeg.tidy),
        Kind("gif", "image/gif", gif.is_one, gif.tidy),
        Kind("webp", "image/webp", webp.is_one, webp.tidy),
    )
}


@dataclass(frozen=True, slots=True)
class Picture:
    kind: Kind
    size: Size
    body: bytes


def read(body: bytes) -> Picture:
    """Raises Refused."""
    if not body:
        raise Refused(_("The file is empty. Choose the picture once more."))
    if len(body) > MAX_BANNER_BYTES:
        raise Refused(
            _("The file is larger than %(mebibytes)d MiB. Make the picture smaller, or save it with less quality.")
            % {"mebibytes": MAX_BANNER_BYTES >> 20}
        )
    for kind in KINDS.values():
        if kind.is_one(body):
            return Picture(kind, *kind.tidy(body))
    raise Refused(_("This is no picture that is taken here. Save it as PNG, JPEG, GIF or WebP."))
