"""A postback, from its bytes to the answer: parse, see what it proves, journal, answer. It is judged elsewhere.

The pixel is answered as soon as the call is durable. Who asks for JSON waits for the
engine's verdict, two seconds at most; what he gets is the ledger's word, not a guess.
"""

from clicktrail.core import postback
from clicktrail.core.access import OPEN_TO_ALL
from clicktrail.core.disclosure import is_proven
from clicktrail.core.ids import read_id
from clicktrail.edge.caller import Caller
from clicktrail.edge.catalog import Picture
from clicktrail.edge.worker import Asker, Worker
from clicktrail.journal.events import Event, Postback


def take(worker: Worker, asker: Asker, query: bytes, caller: Caller, method: str = "GET", body: bytes = b"") -> None:
    """Take one call, however odd; `asker` gets its answer once the journal has it."""
    params, fault = postback.read(query, body, caller.content_type, None, caller.content_encoding)
    wants_json = caller.wants_json or params.get("format") == "json"
    if wants_json and "call" in params:
        _recall(worker, asker, params, _sent(query, body, caller), caller)
        return
    now_ms = worker.clock()
    id = worker.mint.next(now_ms)
    picture = worker.watch.picture
    proved: tuple[str, str, int, int, bool, str, int] | tuple[()] = ()
    if picture.guarded:
        sent = _sent(query, body, caller) if "sig" in params or "token" in params else params
        proved = _proved(worker, picture, sent, caller, now_ms)
    call = Postback(
        id, worker.checks.tail(id), now_ms, picture.version, method, params, fault,
        caller.ip, caller.user_agent, caller.referrer, *proved,
    )  # fmt: skip
    if wants_json:
        worker.verdicts.expect(id, asker, caller.address)
        worker.commits.put(call, _Judged(worker, asker, id))
    else:
        asker.pending = worker.answers.gif
        worker.commits.put(call, asker)


def _recall(worker: Worker, asker: Asker, params: dict[str, str], sent: dict[str, str], caller: Caller) -> None:
    """Answer with the verdict of an earlier call; nothing is journaled."""
    program, picture = 0, worker.watch.picture
    if picture.guarded:
        named = read_id(params.get("cpid")) or 0
        rules = picture.guarded.get(named, OPEN_TO_ALL)
        proofs = worker.proving.proofs(picture, sent, {}, caller.address, worker.clock())
        program = named if is_proven(rules, proofs) else 0
    worker.verdicts.recall(params["call"], asker, caller.address, program)


def _sent(query: bytes, body: bytes, caller: Caller) -> dict[str, str]:
    return postback.read_as_sent(query, body, caller.content_type, caller.content_encoding)


def _proved(
    worker: Worker, picture: Picture, sent: dict[str, str], caller: Caller, now_ms: int
) -> tuple[str, str, int, int, bool, str, int]:
    """The event's fields from `source` to `stamp_ms`."""
    found = worker.proving.proofs(picture, sent, {}, caller.address, now_ms)
    return "edge", "", found.signed_by, found.token, found.listed, found.fault, found.stamp_ms


class _Judged:
    """Waits for the journal on behalf of somebody whose answer comes from the engine."""

    __slots__ = ("_asker", "_id", "_worker")

    def __init__(self, worker: Worker, asker: Asker, id: int) -> None:
        self._worker, self._asker, self._id = worker, asker, id

    def durable(self) -> None:
        """The engine is woken for the whole batch; without a verdict in time he may now be told to ask again."""
        self._worker.verdicts.stored(self._id, self._asker)

    def undurable(self, event: Event, reserved_ms: int) -> None:  # noqa: ARG002 - see Waiter
        if self._worker.verdicts.drop(event.id, self._asker):
            self._asker.answer(self._worker.answers.retry_later())
