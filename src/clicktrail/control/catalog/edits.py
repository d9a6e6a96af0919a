"""An edit of the catalog: the version rises in the edit's own transaction, publishing follows the commit."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models.signals import post_delete

if TYPE_CHECKING:
    from clicktrail.control.catalog.models import Edited

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


def go_on_after(*tables: "type[Edited]") -> None:
    """Rows were given numbers by hand: PostgreSQL's sequences have to go on after them."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(tables)):
            cursor.execute(statement)
