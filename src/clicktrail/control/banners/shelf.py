"""Pictures into the data folder and out of it. A file is named by what is in it, and lies there once.

Files come before the rows that name them and go after them, so a row never names a file that was not written.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from clicktrail import heartbeat
from clicktrail.control.banners.broken import Refused
from clicktrail.control.banners.models import Banner, LinkText
from clicktrail.control.banners.pictures import Picture, read
from clicktrail.control.catalog.models import Creative
from clicktrail.settings import Settings

MAX_BANNERS = 100
"""Of one creative, replaced ones included."""


def replace(settings: Settings, creative: Creative, body: bytes, alt: str) -> Banner:
    """The uploaded picture becomes the creative's; the one before keeps its address. Raises Refused."""
    picture = read(body)
    digest = sha256(picture.body).hexdigest()[:32]
    with _alone(settings.banners_folder), transaction.atomic():
        before = list(Banner.objects.select_for_update().filter(creative=creative))
        same = next((row for row in before if row.digest == digest and row.ended_ms is None), None)
        if same is None and len(before) >= MAX_BANNERS:
            raise Refused(
                _("The creative has %(count)d pictures already. Take old ones out of service first.")
                % {"count": len(before)}
            )
        _write(settings.banners_folder / f"{digest}.{picture.kind.ending}", picture.body)
        return _worded(same, alt) if same else _put(creative, picture, digest, alt)


def take_out(settings: Settings, banner: Banner) -> None:
    """Its address leads nowhere from now on; pages that show it show a gap."""
    with _alone(settings.banners_folder):
        banner.delete()
        if not Banner.objects.filter(digest=banner.digest, kind=banner.kind).exists():
            (settings.banners_folder / banner.name).unlink(missing_ok=True)


def word(creative: Creative, text: str) -> None:
    """What its text link says; empty: its name."""
    if text:
        LinkText.objects.update_or_create(creative=creative, defaults={"text": text})
    else:
        LinkText.objects.filter(creative=creative).delete()


def describe(creative: Creative, alt: str) -> None:
    Banner.objects.filter(creative=creative, ended_ms__isnull=True).update(alt=alt)


def is_there(settings: Settings, banner: Banner) -> bool:
    return (settings.banners_folder / banner.name).is_file()


def _put(creative: Creative, picture: Picture, digest: str, alt: str) -> Banner:
    now_ms = heartbeat.now_ms()
    Banner.objects.filter(creative=creative, ended_ms__isnull=True).update(ended_ms=now_ms)
    return Banner.objects.create(
        creative=creative, digest=digest, kind=picture.kind.ending, width=picture.size.width,
        height=picture.size.height, bytes=len(picture.body), alt=alt, created_ms=now_ms,
    )  # fmt: skip


def _worded(banner: Banner, alt: str) -> Banner:
    banner.alt = alt
    banner.save(update_fields=["alt"])
    return banner


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody takes a file away that somebody else is just putting beside another creative."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(path: Path, body: bytes) -> None:
    """Whole or not at all, and on disk. One that is there already has this very content, or was damaged."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
