"""`clicktrail judge`: what would become of a call. Nothing is written."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clicktrail.commands.options import takes_data
from clicktrail.commands.terminal import say, typed
from clicktrail.errors import SettingsError
from clicktrail.settings import Settings

if TYPE_CHECKING:
    from clicktrail.control.secondlooks.dryrun import Asked, Looked
    from clicktrail.control.secondlooks.lookups import World


@takes_data
def judge(
    settings: Settings,
    query: Annotated[str, typer.Argument(help="A query, or a whole address of get_trans.cgi. Put it in quotes.")],
    body: Annotated[str, typer.Option(help="Body of a POST: form fields or JSON.")] = "",
    signed_as: Annotated[int, typer.Option(min=0, help="As if signed with this key of the program.")] = 0,
    trusted: Annotated[bool, typer.Option("--trusted", help="As if handed in over the API or by hand.")] = False,
    at: Annotated[str, typer.Option(help="As if it came then: 2026-01-31T08:00:00Z. Left out: now.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Tell what would become of a call: saved or not, credited to whom, with how much, and why.

    The same judge as for real calls, over the ledger as it stands; nothing is written. A signature and a token that
    the query carries are checked. Exit code 1 where it would not be saved.
    """
    from clicktrail import wiring
    from clicktrail.control.boot import boot

    wiring.require_initialised(settings)
    boot(settings, "ledger")
    from clicktrail.control.ledger import export
    from clicktrail.control.secondlooks.dryrun import judge_all
    from clicktrail.control.secondlooks.lookups import World

    export.read_only()
    world = World(settings)
    asked = _asked(world, typed(query), typed(body), signed_as, trusted, moment_ms(at))
    found = judge_all([asked], world)[0]
    say([json.dumps(data(found), ensure_ascii=False, indent=1)] if as_json else lines(found))
    if not found.verdict.saved:
        raise typer.Exit(1)


def _asked(world: "World", query: str, body: str, signed_as: int, trusted: bool, at_ms: int) -> "Asked":
    from clicktrail.control.secondlooks.dryrun import Asked, proofs_of, query_of
    from clicktrail.core.access import Proofs
    from clicktrail.core.postback import read, read_as_sent

    address, sent = query_of(query).encode(), body.encode()
    params, fault = read(address, sent)
    proofs = proofs_of(read_as_sent(address, sent), world.catalog, world.keys, at_ms)
    if trusted or signed_as:
        proofs = Proofs(house=trusted, signed_by=signed_as, token=proofs.token, stamp_ms=at_ms)
    return Asked(params, at_ms, fault, proofs)


def moment_ms(text: str) -> int:
    """Milliseconds since 1970 UTC; of an empty text now. Raises SettingsError."""
    if not text:
        return int(datetime.now(UTC).timestamp() * 1000)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{text!r} is no time: write it like 2026-01-31T08:00:00Z.") from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def lines(found: "Looked") -> list[str]:
    return [found.would(), *(f"    {step}" for step in found.story()), "Nothing was written."]


def data(found: "Looked") -> dict[str, Any]:
    from clicktrail.control.secondlooks.dryrun import credited

    return {
        "saved": found.verdict.saved,
        "reason": found.reason,
        "message": found.sentence(),
        "transaction": found.transaction,
        "would": found.would(),
        "credited": credited(found),
        "story": found.story(),
        "nearest": found.nearest(),
    }
