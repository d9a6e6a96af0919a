"""Reports: clicks, transactions and money, added up as the console adds them up."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, Caller
from clicktrail.control.api.problems import Fault, invalid
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import Day, Flag, Money, Number, Sent, Text, money
from clicktrail.control.reports import derived, table
from clicktrail.core.money import decimals_of, format_minor

router = Router(tags=["Reports"])

Dimension = Literal[table.DIMENSIONS]


class Asked(Sent):
    day_from: Day = Field(description="Included; in each program's own time zone.")
    day_to: Day = Field(description="Included.")
    by: Annotated[list[Dimension], Field(max_length=len(table.DIMENSIONS))] = Field(
        [], description="What to add up by; may be given several times. None: one sum for each currency."
    )
    program: Number = None
    partner: Number = None
    creative: Number = None
    product: Number = Field(None, description="Number of a commission product.")
    subid: Text = None
    referrer: Text = Field(None, description="Host of the referrer.")
    tests: Flag = Field(False, description="The test partner's clicks and transactions too.")


class Sums(BaseModel):
    currency: str
    clicks_gross: int
    clicks_net: int
    clicks_bot: int
    clicks_refused: int
    transactions: int
    revenue: Money
    commission: Money
    conversion_rate: str | None = Field(description="Transactions for 100 net clicks, like `3.4200`; null without any.")
    earnings_per_click: str | None = Field(
        description="Commission for one net click, with two decimals more than the currency has; null without any."
    )
    average_order: Money | None = Field(description="Revenue for one transaction; null without any.")


class ReportRow(Sums):
    day: str | None
    hour: str | None = Field(description="Its beginning, with the offset of the program's zone.")
    week: str | None = Field(description="From Monday to Sunday, like `2026-W07`.")
    month: str | None
    program: int | None
    partner: int | None
    creative: int | None
    product: int | None
    subid: str | None
    referrer: str | None
    other: bool = Field(description="All subids or hosts of busy days that have no row of their own.")


class Report(BaseModel):
    rows: list[ReportRow]
    totals: list[Sums] = Field(description="One for each currency.")


@route(router, "GET", "", READ, answers=Report)
def get_report(request: HttpRequest, asked: Query[Asked]) -> Any:
    """Add up clicks, transactions and money by up to ten dimensions.

    Cancelled transactions and those on hold are in no sum. What the test partner sent is in none but where
    `tests` or that partner is asked for.
    """
    question = _question(caller_of(request), asked)
    try:
        rows = table.report(question)
    except table.TooManyRows as fault:
        raise Fault("too_many_rows", str(fault)) from None
    except ValueError as fault:
        raise invalid(("by" if "Sums" in str(fault) or "Subids" in str(fault) else "day_to", str(fault))) from None
    return Report(
        rows=[ReportRow(**_sums(row), **_place(row)) for row in rows],
        totals=[Sums(**_sums(row)) for row in table.totals(rows)],
    )


def _question(caller: Caller, asked: Asked) -> table.Question:
    if asked.program is not None:
        caller.must_own(asked.program)
    return table.Question(
        first=asked.day_from,
        last=asked.day_to,
        by=tuple(dict.fromkeys(asked.by)),
        program=asked.program or caller.program,
        partner=asked.partner,
        creative=asked.creative,
        product=asked.product,
        subid=asked.subid,
        referrer=asked.referrer,
        tests=asked.tests,
    )


def _sums(row: table.Row) -> dict[str, Any]:
    plain = {name: value for name, value in row.sums.items() if not name.endswith("_minor")}
    return plain | {
        "currency": row.currency,
        "revenue": money(row.sums["revenue_minor"], row.currency),
        "commission": money(row.sums["commission_minor"], row.currency),
        **_derived(row),
    }


def _derived(row: table.Row) -> dict[str, Any]:
    rate, epc, average = derived.conversion_ppm(row.sums), derived.epc(row.sums), derived.average_minor(row.sums)
    places = decimals_of(row.currency) + derived.EPC_DECIMALS
    return {
        "conversion_rate": None if rate is None else format_minor(rate, 4),
        "earnings_per_click": None if epc is None else format_minor(epc, places),
        "average_order": None if average is None else money(average, row.currency),
    }


def _place(row: table.Row) -> dict[str, Any]:
    return {name: row.values.get(name) for name in table.DIMENSIONS} | {"other": row.other}
