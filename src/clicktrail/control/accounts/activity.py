"""The activity log: who did what, when and from where. `note` is its one door.

    note(request, "key made", f"API key {row}", program=row.program_id, scopes=row.scopes)
    note(request, "program changed", str(program), program=program.pk, before={"state": "active"}, after={...})
    note("mona", "signed in")            # where there is no request: the account's name

A move of a transaction in the console has its own history and is not noted here. What keys of the API write is: see
api/noting.py. A new verb is a line of VERBS.
"""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext_noop as _

from clicktrail import heartbeat, log
from clicktrail.control.accounts.models import Activity
from clicktrail.control.callers import stored_address
from clicktrail.core.periods import DAY_MS

VERBS = (
    # Ways in
    _("signed in"),
    _("sign-in refused"),
    _("sessions ended"),
    _("password changed"),
    _("second factor switched on"),
    _("second factor switched off"),
    _("recovery codes made"),
    _("signed in as partner"),
    _("left partner"),
    # People
    _("account made"),
    _("account changed"),
    _("account switched off"),
    _("account switched on"),
    _("invitation made"),
    _("invitation used"),
    # Keys
    _("key made"),
    _("key shown"),
    _("key rotated"),
    _("key revoked"),
    # What is set up
    _("added"),
    _("changed"),
    _("deleted"),
    _("program changed"),
    _("partner approved"),
    _("partner declined"),
    _("partner changed"),
    _("approval given"),
    _("approval taken back"),
    _("rate changed"),
    _("terms changed"),
    _("receiver changed"),
    _("test sent"),
    _("sent again"),
    # Orders
    _("orders moved"),
    _("orders judged again"),
    _("conflict settled"),
    _("order made by hand"),
    _("order list uploaded"),
    _("story shared"),
    _("link taken back"),
    _("exported"),
    _("alarm silenced"),
    _("alarm taken"),
    _("mail tested"),
    _("signed up"),
    _("address confirmed"),
)
"""Past tense, as they stand in the list: "mona · key made · API key 3"."""
REFUSED = "sign-in refused"
KEPT_DAYS = 400
MAX_SUBJECT = 255
MAX_FACT = 500
"""Characters that are kept of one text."""
LINE = ("event", "at", "level", "process", "account", "address", "subject")
"""What a line of the log has of its own."""
NEVER = ("password", "secret", "token", "code")
"""A fact of such a name is a mistake of ours: its value is not kept."""


def note(who: Any, verb: str, subject: object = "", /, **facts: Any) -> Activity:
    """Keep one line for good. `who`: the request, or an account's name ("" for a stranger).

    `program` among the facts says whose program it was about. `account` among the facts names somebody else
    than who asks: the one who is just signing in. Facts are what JSON can hold; long texts are cut. A subject
    that is a thing is called what it is called in English, whoever's page it was done on.
    """
    is_request = hasattr(who, "META")
    account = str(facts.pop("account", "") or (who.user.get_username() if is_request else who))
    program = facts.pop("program", None)
    address = stored_address(who) if is_request else ""
    kept = {name: _kept(name, value) for name, value in facts.items()}
    with translation.override("en"):
        said = str(subject)
    row: Activity = Activity.objects.create(
        at_ms=heartbeat.now_ms(),
        account=account[:150],
        verb=verb,
        subject=said[:MAX_SUBJECT],
        program_id=program,
        facts=kept,
        address=address,
    )
    if is_request:  # A command says on its own what it did.
        line = log.get().warning if verb == REFUSED else log.get().info
        line(verb, account=account, address=address, subject=row.subject, **_flat(kept))
    return row


def tidy() -> None:
    """What is older than anybody asks for goes; done at each sign-in."""
    Activity.objects.filter(at_ms__lt=heartbeat.now_ms() - KEPT_DAYS * DAY_MS).delete()


def _kept(name: str, value: Any) -> Any:
    if name in NEVER:
        return "…"
    if isinstance(value, dict):
        return {str(key): _kept(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_kept("", inner) for inner in value]
    return value if value is None or isinstance(value, bool | int) else str(value)[:MAX_FACT]


def _flat(facts: dict[str, Any]) -> dict[str, Any]:
    """For the log line: single values, beside its own words. What fields said stays in the table."""
    plain = {name: value for name, value in facts.items() if not isinstance(value, dict | list)}
    return {f"fact_{name}" if name in LINE else name: value for name, value in plain.items()}
