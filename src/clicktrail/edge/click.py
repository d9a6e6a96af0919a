"""A click, from the bytes of its link to the answer: parse, decide, encode, journal, answer.

The answer is made here and leaves when its click is durable (`commit.py`). Nothing in
this file waits, and nothing asks a database.
"""

from clicktrail.core.clickid import made_ms
from clicktrail.core.placeholders import encode
from clicktrail.core.secretnames import HIDDEN, hide_inside, is_secret
from clicktrail.edge.caller import MAX_REFERRER, Caller
from clicktrail.edge.catalog import Plan, text_of
from clicktrail.edge.worker import Asker, Worker
from clicktrail.journal.events import Click

MAX_SUBID = 255
MAX_EXTRA = 2048
"""Characters; a visitor is never stranded, so what is longer is cut, not refused."""
PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def take(worker: Worker, asker: Asker, query: bytes, caller: Caller) -> None:
    """Take one click; `asker` gets its answer once the journal has it."""
    # Parse and decide: the catalog knows most links by their bytes.
    picture = worker.watch.picture
    plan, raw, more = picture.read(query)
    subid, safe_subid = (raw.decode(), raw) if len(raw) <= MAX_SUBID and not raw.translate(None, PLAIN) else _text(raw)
    if more and text_of(more.get(b"view", b"")) == "1":
        asker.answer(view(worker, plan))
        return
    if not plan.program:
        asker.answer(worker.answers.not_found())
        return

    # Encode.
    now_ms = worker.clock()
    id = worker.mint.next(now_ms)
    checks = worker.checks
    tail = checks.tail(id)
    clickid = checks.text(id, tail)
    answer = redirect(worker, plan, clickid, safe_subid)
    referrer, extra = caller.referrer, ""
    if more:
        referrer = text_of(more.pop(b"ref", b""))[:MAX_REFERRER] or referrer
        if text_of(more.pop(b"format", b"")) == "json" and plan.form:
            answer = as_json(worker, plan, clickid, safe_subid)
        extra = _extra(more)
    click = Click(
        id, tail, now_ms, picture.version, plan.program, plan.partner, plan.creative, plan.target, subid,
        referrer, caller.ip, caller.user_agent, extra, caller.visitor, plan.outcome, caller.prefetch,
    )  # fmt: skip

    # Journal, and answer when it is durable.
    asker.pending = answer
    asker.plan = plan
    worker.commits.put(click, asker)


def without_credit(worker: Worker, plan: Plan, click: Click, answer: bytes, reserved_ms: int) -> bytes:
    """The answer to a visitor whose click is not durable: where the id might be made again, he goes without it."""
    if made_ms(click.id) <= reserved_ms:
        return answer
    subid = encode(click.subid.encode())
    if answer.startswith(b"HTTP/1.1 200"):
        return as_json(worker, plan, "", subid)
    return redirect(worker, plan, "", subid)


def look(worker: Worker, query: bytes) -> bytes:
    """What HEAD gets: where a click would lead, without one."""
    plan, raw, more = worker.watch.picture.read(query)
    safe_subid = _text(raw)[1]
    if text_of(more.get(b"view", b"")) == "1":
        return view(worker, plan)
    if plan.form and text_of(more.get(b"format", b"")) == "json":
        return as_json(worker, plan, "", safe_subid)
    return redirect(worker, plan, "", safe_subid)


def view(worker: Worker, plan: Plan) -> bytes:
    """An impression in an old link: the image that it names on a listed host, else a pixel; never a click."""
    return worker.answers.redirect(plan.address) if plan.address else worker.answers.gif


def redirect(worker: Worker, plan: Plan, clickid: str, subid: bytes) -> bytes:
    """To where the plan leads; a program without any target has nowhere to send its visitors."""
    if not plan.form:
        return worker.answers.not_found()
    return b"%b%b\r\n\r\n" % (worker.answers.found, plan.location(clickid.encode(), subid))


def as_json(worker: Worker, plan: Plan, clickid: str, subid: bytes) -> bytes:
    return worker.answers.json(200, {"clickid": clickid, "url": plan.location(clickid.encode(), subid).decode()})


def _text(raw: bytes) -> tuple[str, bytes]:
    text = text_of(raw)[:MAX_SUBID]
    return text, encode(text.encode())


def _shown(name: str, value: bytes) -> bytes:
    """As it may be kept; most values hold nothing to hide and are not looked into."""
    if is_secret(name):
        return HIDDEN.encode()
    if b"=" not in value and b"%3" not in value and b"{" not in value and b"%7" not in value:
        return value
    return hide_inside(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _extra(link: dict[bytes, bytes]) -> str:
    """The parameters that nobody here knows, as a query string; of secrets only the names."""
    pairs = [(name, _shown(text_of(name), value)) for name, value in link.items() if name]
    return b"&".join(encode(name) + b"=" + value for name, value in pairs).decode("utf-8", "replace")[:MAX_EXTRA]
