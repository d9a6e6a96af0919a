"""An edit of the catalog: the version rises in the edit's own transaction, publishing follows the commit."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_delete

_open = threading.local()


@contextmanager
def edit() -> Iterator[Callable[[], None]]:
    """One transaction for any number of rows; yields `touch`, to be called when one has changed.

    The outermost edit raises the version once; inside another transaction it rises with that one.
    """
    if getattr(_open, "edit", None) is not None:
        yield _open.edit.touch
        return
    with transaction.atomic():
        _open.edit = current = _Edit()
        try:
            yield current.touch
        finally:
            _open.edit = None
        if current.touched:
            raise_version()


class _Edit:
    touched = False

    def touch(self) -> None:
        self.touched = True


def raise_version() -> None:
    """To be called inside the transaction of the edit."""
    from clicktrail.control.catalog.models import CatalogVersion
    from clicktrail.control.catalog.publish import publish

    CatalogVersion.raise_by_one(time.time_ns() // 1_000_000)
    transaction.on_commit(lambda: publish(settings.CLICKTRAIL), robust=True)


def watch_deletions() -> None:
    """Deleting goes past save(), so Django's signal says it; Django sends it inside the transaction."""
    from clicktrail.control.catalog.models import Edited

    for model in Edited.__subclasses__():
        post_delete.connect(_deleted, sender=model, dispatch_uid=f"catalog-{model.__name__}")


def _deleted(**_: object) -> None:
    with edit() as touch:
        touch()
