"""Transactions of another system, handed in as calls on its behalf: judged by the same engine, by what was paid there.

Approval is not asked for (it was paid), the commission is the other system's, and what is here already stays as
it is: a line again is a duplicate, one with other facts a conflict.
"""

import json
from collections.abc import Iterator

from clicktrail.control.importing.cells import Times, state
from clicktrail.control.importing.clicks import Settle, time_of
from clicktrail.control.importing.house import House
from clicktrail.control.importing.outcome import Outcome
from clicktrail.control.importing.table import MOST_FAULTS, Faults, Hear, Line, Table, Wrong, batches
from clicktrail.control.intake import Intake
from clicktrail.control.ledger.imported import known
from clicktrail.control.ledger.models import Click, Postback, Transaction
from clicktrail.control.reconcile import amounts, spoiled
from clicktrail.control.reconcile.amounts import AmountForm, decide
from clicktrail.control.reconcile.moments import order_of
from clicktrail.control.reconcile.sentences import told
from clicktrail.core.explain import quote, sentence
from clicktrail.core.money import AmountError, decimals_of, format_minor
from clicktrail.core.periods import DAY_MS
from clicktrail.core.postback import MAX_TEXT
from clicktrail.core.reasons import CONFLICT, DUPLICATE, SAVED

BATCH = 500
"""Orders handed in at once, and waited for."""

UNKNOWN_CLICKID = "their_clickid"
"""Keeps a ClickID that was not imported, or is too old for its order: the partner is named by the line itself."""

Params = dict[str, str]
Order = tuple[Line, Params, int]
"""(line, parameters, when it happened)"""


class Orders:
    def __init__(self, table: Table, house: House, times: Times, actor: str, decimal: str = "") -> None:
        """decimal: comma or point; empty: as the columns of the amounts show."""
        self._table, self._house, self._times, self._actor = table, house, times, actor
        times.order = times.order or order_of(table.column("time"))
        decided = [decide(table.column(name), AmountForm("", 2, decimal)) for name in ("revenue", "commission")]
        self._decimal = next((form.decimal for form in decided if form.decimal), "")
        self._without_click = 0

    def check(self, hear: Hear | None = None) -> Outcome:
        """What can be said before judging."""
        outcome = Outcome("transactions", Faults(self._table.name), is_dry=True)
        seen: set[int] = set()
        for orders in self._batches(outcome, "Checking", hear):
            there = _there([(int(params["cpid"]), params["tid"]) for _, params, _ in orders])
            for _, params, _ in orders:
                key = (int(params["cpid"]), params["tid"])
                repeated = key in there or hash(key) in seen
                seen.add(hash(key))
                outcome.found["there already, or twice in the file" if repeated else "to be judged"] += 1
        return self._noted(outcome)

    def hand_in(self, intake: Intake, catalog_version: int, settle: Settle, hear: Hear | None = None) -> Outcome:
        outcome = Outcome("transactions", Faults(self._table.name))
        for orders in self._batches(outcome, "Importing", hear):
            if not orders:
                continue
            sent = [(params, at_ms) for _, params, at_ms in orders]
            calls = intake.hand_in_orders(sent, self._actor, catalog_version)
            settle(0)
            rows = Postback.objects.in_bulk(calls)
            for call, (line, _, _) in zip(calls, orders, strict=True):
                self._note(outcome, line, rows.get(call))
        return self._noted(outcome)

    def _note(self, outcome: Outcome, line: Line, call: Postback | None) -> None:
        reason = call.reason if call else "waiting"
        words = {SAVED: "saved", DUPLICATE: "there already", CONFLICT: "in conflict with what is here"}
        outcome.found[words.get(reason, f"discarded as {reason}")] += 1
        if call is not None and reason not in (SAVED, DUPLICATE):
            told = sentence(reason, dict(json.loads(call.facts or "{}")), call.transaction_number)
            outcome.results.append(f"{self._table.name}, line {line.number}, order {quote(call.tid)}: {told}")
            del outcome.results[MOST_FAULTS:]

    def _batches(self, outcome: Outcome, phase: str, hear: Hear | None) -> Iterator[list[Order]]:
        self._without_click = 0
        for lines in batches(self._table.lines(outcome.faults, phase, hear), BATCH):
            outcome.lines += len(lines)
            orders = list(self._read_all(lines, outcome.faults))
            self._resolve(orders)
            yield orders

    def _read_all(self, lines: list[Line], faults: Faults) -> Iterator[Order]:
        for line in lines:
            try:
                yield self._read(line)
            except Wrong as wrong:
                faults.add(line.number, wrong.column, str(wrong))

    def _read(self, line: Line) -> Order:
        for name in ("tid", "subid", "clickid"):
            if len(line.text(name)) > MAX_TEXT:
                raise line.wrong(name, f"it has {len(line.text(name))} characters; at most {MAX_TEXT} are kept.")
        if not line.text("tid"):
            raise line.wrong("tid", "it is empty: a transaction is known by its order number.")
        if spoiled.has_exponent(line.text("tid")) or spoiled.kind_of(line.text("tid")) == spoiled.HASHES:
            said = spoiled.SAID[spoiled.kind_of(line.text("tid"))]
            raise line.wrong("tid", str(told(said, text=quote(line.text("tid")))))
        program = self._house.program(line)
        if not line.text("product") and program.default_product_id is None:
            raise line.wrong("product", f"program {program.pk} has no default product: name one in each line.")
        currency = line.text("currency")
        if currency and not amounts.is_currency(currency, program.currency):
            raise line.wrong(
                "currency", f"it is {quote(currency)}; program {program.pk} has {program.currency} for ever."
            )
        money = AmountForm(program.currency, decimals_of(program.currency), self._decimal)
        creative = self._house.creative(line, program)
        params = {
            "cpid": str(program.pk),
            "tid": _order_number(line.text("tid")),
            "pid": str(self._house.partner(line)),
            "produkt": self._house.product(line, program),
            "umsatz": _amount(line, "revenue", money),
            "commission": _amount(line, "commission", money),
            "status": _state(line),
            "subid": line.text("subid"),
            "wmid": str(creative) if creative else "",
            "clickid": line.text("clickid"),
            "nocheck": "1",
        }
        at_ms = time_of(line, self._times, program.time_zone)
        return line, {name: value for name, value in params.items() if value}, at_ms

    def _resolve(self, orders: list[Order]) -> None:
        """A ClickID that names no click of this program within its lifetime would discard what was paid there."""
        clicks = known(params["clickid"] for _, params, _ in orders if "clickid" in params)
        rows = Click.objects.in_bulk(set(clicks.values()))
        for _, params, at_ms in orders:
            text = params.get("clickid")
            if text is None:
                continue
            click = rows.get(clicks.get(text, 0))
            program = self._house.programs[int(params["cpid"])]
            lifetime_ms = program.click_lifetime_days * DAY_MS
            if click is None or click.program_id != program.pk or at_ms - click.at_ms > lifetime_ms:
                params[UNKNOWN_CLICKID] = params.pop("clickid")
                self._without_click += 1

    def _noted(self, outcome: Outcome) -> Outcome:
        if self._without_click:
            outcome.notes.append(
                f"{self._without_click:,} name a ClickID that was not imported, or is older than the click lifetime: "
                "the partner of the line is credited all the same."
            )
        return outcome


def _order_number(text: str) -> str:
    """`'123` and `="123"` are how spreadsheets keep a text."""
    text = spoiled.unwrapped(text)
    return next(spoiled.other_readings(text), text) if text[:1] == "'" else text


def _amount(line: Line, name: str, money: AmountForm) -> str:
    text = line.text(name)
    if not text:
        return ""
    try:
        return format_minor(amounts.read_amount(text, money), money.decimals)
    except AmountError as fault:
        raise line.wrong(name, f"{quote(text)} cannot be read: {fault}") from None


def _state(line: Line) -> str:
    try:
        return state(line.text("state"))
    except ValueError as fault:
        raise line.wrong("state", str(fault)) from None


def _there(keys: list[tuple[int, str]]) -> set[tuple[int, str]]:
    by_program: dict[int, list[str]] = {}
    for program, tid in keys:
        by_program.setdefault(program, []).append(tid)
    found: set[tuple[int, str]] = set()
    for program, tids in by_program.items():
        found |= set(Transaction.objects.filter(program_id=program, tid__in=tids).values_list("program_id", "tid"))
    return found
