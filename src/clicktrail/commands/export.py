"""`clicktrail export`: clicks, calls, transactions or adjustments as lines on standard output."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from clicktrail.commands.options import takes_data
from clicktrail.commands.terminal import put
from clicktrail.errors import SettingsError
from clicktrail.settings import Settings


class What(StrEnum):
    CLICKS = "clicks"
    POSTBACKS = "postbacks"
    TRANSACTIONS = "transactions"
    ADJUSTMENTS = "adjustments"


class Form(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"


@takes_data
def export(
    settings: Settings,
    what: Annotated[What, typer.Argument(help="Which list; postbacks is the transaction log.")],
    form: Annotated[Form, typer.Option("--format", help="CSV for a spreadsheet, or one JSON a line.")] = Form.CSV,
    since: Annotated[
        str,
        typer.Option(
            help="Leave out what is older: a date or time in ISO 8601, UTC where it names no zone.",
        ),
    ] = "",
) -> None:
    """Write clicks, postbacks, transactions or adjustments to standard output, while the server runs.

    Ids are numbers, times ISO 8601 in UTC, amounts have the currency's decimals and a point.
    """
    since_ms = moment(since)
    from clicktrail import wiring
    from clicktrail.control.boot import boot

    wiring.require_initialised(settings)
    boot(settings, "ledger")
    from clicktrail.control.ledger import export as ledger_export

    ledger_export.read_only()
    put(ledger_export.lines(what.value, form.value, since_ms, settings.prefix))


def moment(text: str) -> int:
    """`2026-01-31`, `2026-01-31T08:00:00+01:00` -> milliseconds since 1970; empty: 0. Raises SettingsError."""
    if not text:
        return 0
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"--since {text!r} is no date: write 2026-01-31 or 2026-01-31T08:00:00Z.") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0, int(at.timestamp()) * 1000 + at.microsecond // 1000)
