"""A look into the ledger of a data folder: for those who walk the five steps."""

from typing import Any

from clicktrail.settings import Settings


class LedgerBooks:
    """Reads by order number and by log number; a connection is closed after each look. Raises LedgerError."""

    def __init__(self, settings: Settings) -> None:
        from clicktrail.control.boot import boot

        boot(settings, "ledger")
        from clicktrail.control.ledger import schema

        schema.check(settings)

    def transaction(self, program: int, tid: str) -> dict[str, Any] | None:
        """`number`, `partner`, `test`, `revenue_minor`, `commission_minor`; None where there is none."""
        from clicktrail.control.ledger.models import Transaction

        found = Transaction.objects.filter(program_id=program, tid=tid)
        fields = ("number", "partner_id", "test", "revenue_minor", "commission_minor")
        rows = _all(found.values_list(*fields))
        names = ("number", "partner", "test", "revenue_minor", "commission_minor")
        return dict(zip(names, rows[0], strict=True)) if rows else None

    def call(self, number: int) -> dict[str, Any] | None:
        """`call`, `reason`, `saved`, `transaction`; None where the log has no such line."""
        from clicktrail.control.ledger.models import Postback

        return next(iter(_calls(Postback.objects.filter(pk=number))), None)

    def calls(self, program: int, tid: str) -> list[dict[str, Any]]:
        """Every line of the log with this order number, as they came."""
        from clicktrail.control.ledger.models import Postback

        return _calls(Postback.objects.filter(program_id=program, tid=tid).order_by("id"))


def _calls(found: Any) -> list[dict[str, Any]]:
    names = ("call", "reason", "saved", "transaction")
    rows = _all(found.values_list("id", "reason", "saved", "transaction_number"))
    return [dict(zip(names, row, strict=True)) for row in rows]


def _all(found: Any) -> list[tuple[Any, ...]]:
    from django.db import connection

    try:
        return list(found)
    finally:
        connection.close()
