"""Programs."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from clicktrail.control.api.access import AccessChange, AccessShape, access_of, take_access
from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller
from clicktrail.control.api.paging import Page, page
from clicktrail.control.api.problems import missing
from clicktrail.control.api.reading import Reading, caller_of
from clicktrail.control.api.shapes import Name, Number, Sent, Text, Url
from clicktrail.control.catalog import rules
from clicktrail.control.catalog.apply import DEFAULT_TARGET
from clicktrail.control.catalog.edits import edit
from clicktrail.control.catalog.models import ClickTarget, Product, Program

router = Router(tags=["Programs"])

MAX_HOSTS = 200

State = Literal["active", "paused"]
Hosts = Annotated[list[Text], Field(max_length=MAX_HOSTS)]
Lifetime = Annotated[int, Field(strict=True, ge=1, le=rules.HIGHEST_LIFETIME_DAYS)]


class ProgramShape(BaseModel):
    id: int
    name: str
    currency: str = Field(description="ISO 4217; for ever.")
    time_zone: str
    click_lifetime_days: int
    default_product: int | None = Field(description="Product that a call means that names none.")
    deeplink_hosts: list[str]
    click_parameter: str
    state: State
    access: AccessShape = Field(description="Who may call.")


class ProgramPage(BaseModel):
    items: list[ProgramShape]
    next_cursor: str | None
    next: str | None = Field(description="Address of the next page; null on the last one.")


class ProgramFilter(Page):
    state: State = None


class NewProgram(Sent):
    name: Name
    currency: Annotated[str, Field(strict=True, pattern="^[A-Z]{3}$")]
    landing_page: Url = Field(description="Becomes the click target `default`.")
    time_zone: Text = "Europe/Berlin"
    click_lifetime_days: Lifetime = 30
    deeplink_hosts: Hosts = []
    click_parameter: Text = "qc_clickid"
    state: State = "active"


class ProgramChange(Sent):
    name: Name = None
    time_zone: Text = None
    click_lifetime_days: Lifetime = None
    default_product: Annotated[int, Field(strict=True, ge=1)] | None = None
    deeplink_hosts: Hosts = None
    click_parameter: Text = None
    state: State = None
    access: AccessChange = None


def shown(row: Program) -> ProgramShape:
    return ProgramShape(
        id=row.pk,
        name=row.name,
        currency=row.currency,
        time_zone=row.time_zone,
        click_lifetime_days=row.click_lifetime_days,
        default_product=row.default_product_id,
        deeplink_hosts=row.deeplink_hosts,
        click_parameter=row.click_parameter,
        state=row.state,
        access=access_of(row),
    )


def seen(caller: Caller, number: int) -> Program:
    row = caller.only(Program.objects.filter(pk=number), "pk").first()
    if row is None:
        raise missing("program", number)
    return row


@route(router, "GET", "", READ, answers=ProgramPage)
def list_programs(request: HttpRequest, filters: Query[ProgramFilter]) -> Any:
    """List programs, by number."""
    rows = caller_of(request).only(Program.objects.all(), "pk")
    if filters.state:
        rows = rows.filter(state=filters.state)
    found, cursor, address = page(request, rows, filters, "id")
    return ProgramPage(items=[shown(row) for row in found], next_cursor=cursor, next=address)


@route(router, "POST", "", WRITE, answers={201: ProgramShape})
def create_program(request: HttpRequest, data: NewProgram) -> Any:
    """Make a program with its landing page. Needs a key of the whole installation."""
    caller_of(request).must_own_all("new programs")
    row = Program()
    reading = Reading(data, row)
    reading.take("currency", rules.currency)
    _take(reading)
    address = _landing_page(data, reading)
    reading.done()
    with edit():
        row.save()
        ClickTarget.objects.create(program=row, alias=DEFAULT_TARGET, url=address)
    return Status(201, shown(row))


@route(router, "GET", "/{number}", READ, answers=ProgramShape, problems=[404])
def get_program(request: HttpRequest, number: Number) -> Any:
    """Look at one program."""
    return shown(seen(caller_of(request), number))


@route(router, "PATCH", "/{number}", WRITE, answers=ProgramShape, problems=[404])
def change_program(request: HttpRequest, number: Number, data: ProgramChange) -> Any:
    """Change what is named, and leave the rest. The currency is for ever."""
    row = seen(caller_of(request), number)
    reading = Reading(data, row)
    _take(reading)
    if reading.has("default_product"):
        reading.name("default_product", Product.objects.filter(program=row), data.default_product, "default_product_id")
    if data.access is not None:
        take_access(row, data.access, reading)
    reading.done()
    row.save()
    return shown(row)


def _take(reading: Reading) -> None:
    reading.take("name", rules.name)
    reading.take("time_zone", rules.time_zone)
    reading.take("click_lifetime_days", rules.click_lifetime_days)
    reading.take("deeplink_hosts", lambda hosts: [rules.deeplink_host(host) for host in hosts])
    reading.take("click_parameter", rules.click_parameter)
    reading.take("state")


def _landing_page(data: NewProgram, reading: Reading) -> str:
    try:
        return rules.target_url(data.landing_page)
    except ValueError as fault:
        reading.wrong("landing_page", str(fault))
        return ""
