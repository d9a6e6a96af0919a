"""Dry runs over the API: what would become of calls. Nothing is written."""

from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from clicktrail.control.api.batch import read_calls
from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import POSTBACK, READ, Caller, now_ms
from clicktrail.control.api.postbacks import BODY, keep_to_program
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import Moment, Money, TransactionNumber, money
from clicktrail.control.secondlooks import dryrun
from clicktrail.control.secondlooks.lookups import World
from clicktrail.core.access import NO_PROOFS, Proofs
from clicktrail.core.case import Award

router = Router(tags=["Calls"])

From = Literal["api", "shop", "signed"]


class Asking(BaseModel):
    sender: Annotated[From, Field(alias="from")] = Field(
        "api",
        alias="from",
        description="As who: api (like `POST /postbacks`), shop (without any proof), signed (by the shop, rightly).",
    )
    at: Moment = Field(None, description="As if they came then; left out: now.")


class Credit(BaseModel):
    program: int
    partner: int
    partner_name: str | None
    subid: str
    creative: int | None
    product: str
    revenue: Money | None
    commission: Money
    state: str
    test: bool


class DryVerdict(BaseModel):
    saved: bool = Field(description="Whether it would create a transaction.")
    reason: str = Field(description="A reason code.")
    message: str = Field(description="The verdict as a sentence, for who runs the program.")
    transaction: TransactionNumber | None = Field(description="The one that the order has already.")
    would: str = Field(description="What would become of it, in one sentence.")
    credit: Credit | None = Field(description="Who would get what; null where nobody would.")
    story: list[str] = Field(description="The way to the verdict, step by step.")
    nearest: str = Field(description="What would have worked; empty where nothing is nearer.")


class DryVerdicts(BaseModel):
    verdicts: list[DryVerdict] = Field(description="In the order of the calls.")


@route(router, "POST", "", POSTBACK, READ, answers=DryVerdict | DryVerdicts, once=None, openapi=BODY)
def judge_calls(request: HttpRequest, asking: Query[Asking]) -> Any:
    """Tell what would become of one call, or up to 1,000, if they were handed in together.

    Nothing is written. The second call of an order sees what the first one would have made.
    """
    caller = caller_of(request)
    calls, is_batch = read_calls(request.body)
    keep_to_program(caller, calls)
    at_ms = now_ms() if asking.at is None else asking.at
    proofs = _proofs(asking.sender, caller, at_ms)
    is_supposed = asking.sender == "signed"
    asked = [dryrun.Asked(params, at_ms, fault, proofs, is_supposed) for params, fault in calls]
    found = [_told(each) for each in dryrun.judge_all(asked, World(settings.CLICKTRAIL))]
    return DryVerdicts(verdicts=found) if is_batch else found[0]


def _proofs(sender: str, caller: Caller, at_ms: int) -> Proofs:
    if sender == "shop":
        return NO_PROOFS
    return dryrun.supposed_signature(at_ms) if sender == "signed" else Proofs(house=True, signed_by=caller.id)


def _told(found: dryrun.Looked) -> DryVerdict:
    return DryVerdict(
        saved=found.verdict.saved,
        reason=found.reason,
        message=found.sentence(),
        transaction=found.transaction,
        would=found.would(),
        credit=_credit(found.award, found.facts.get("partner_name")) if found.award else None,
        story=found.story(),
        nearest=found.nearest(),
    )


def _credit(award: Award, partner_name: str | None) -> Credit:
    return Credit(
        program=award.program,
        partner=award.partner,
        partner_name=partner_name,
        subid=award.subid,
        creative=award.creative or None,
        product=award.product,
        revenue=money(award.revenue_minor, award.currency, award.decimals),
        commission=money(award.commission_minor, award.currency, award.decimals),
        state=award.state,
        test=award.test,
    )
