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
    from django.db import connection

    from clicktrail.control.catalog.models import Partner, Program

    # In bulk nothing is an edit: the cast's own catalog stays published.
    Program.objects.bulk_create(
        [Program(pk=p.id, name=p.name, currency=p.currency) for p in cast.PROGRAMS], ignore_conflicts=True
    )
    Partner.objects.bulk_create([Partner(pk=p.id, name=p.name) for p in cast.PARTNERS], ignore_conflicts=True)
    kept = keys.load(ledger.settings.keys_folder)
    try:
        yield Checks(kept.clickid, kept.current)
    finally:
        connection.close()
