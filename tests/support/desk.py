"""The tables of a `ledger` as trace, export and forget see them: through Django, in this process."""

from collections.abc import Iterator
from contextlib import contextmanager

from support import cast
from support.ledgers import Place

from clicktrail import keys
from clicktrail.control.boot import boot
from clicktrail.core.clickid import Checks


@contextmanager
def desk(ledger: Place) -> Iterator[Checks]:
    """Django works on the ledger, which knows the cast's programs and partners by name; yields its check keys."""
    boot(ledger.settings, "ledger")
    from django.db import connection, transaction

    from clicktrail.control.catalog import models

    with transaction.atomic():
        for program in cast.PROGRAMS:
            models.Program.objects.get_or_create(
                pk=program.id, defaults={"name": program.name, "currency": program.currency}
            )
        for partner in cast.PARTNERS:
            models.Partner.objects.get_or_create(pk=partner.id, defaults={"name": partner.name})
    kept = keys.load(ledger.settings.keys_folder)
    try:
        yield Checks(kept.clickid, kept.current)
    finally:
        connection.close()
