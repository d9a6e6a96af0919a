"""Partners of another system with their approvals: checked all together, then stored in one edit of the catalog."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from clicktrail.control.catalog import rules
from clicktrail.control.catalog.edits import edit, go_on_after
from clicktrail.control.catalog.models import Approval, Partner, PartnerState, Product, Program
from clicktrail.control.importing.cells import number
from clicktrail.control.importing.outcome import Outcome
from clicktrail.control.importing.table import Faults, Hear, Line, Table, Wrong
from clicktrail.control.reconcile.columns import plain
from clicktrail.core.catalog import EVERY_PRODUCT, TEST_PARTNER
from clicktrail.core.explain import quote

MAX_ROWS = 100_000
"""Lines of a file of partners or creatives."""
MAX_NAME = 200
"""Characters of a partner's or creative's name."""

STATES = {
    PartnerState.ACTIVE: ("active", "aktiv", "approved", "freigeschaltet", "confirmed", "bestaetigt", "enabled", "ok"),
    PartnerState.PENDING: ("pending", "wartend", "beworben", "offen", "neu", "new", "open", "applied", "inactive"),
    PartnerState.BLOCKED: (
        "blocked",
        "gesperrt",
        "rejected",
        "abgelehnt",
        "disabled",
        "deleted",
        "geloescht",
        "banned",
    ),
}
_STATE_OF = {word: state for state, words in STATES.items() for word in words}

Value = TypeVar("Value")
Grant = tuple[int, int | None]
"""(program, product; None is every product)"""


@dataclass(slots=True)
class Wanted:
    line: Line
    name: str
    state: str
    grants: set[Grant] = field(default_factory=set)


class Partners:
    def __init__(self, table: Table, program: int | None, update: bool) -> None:
        self._table, self._program, self._update = table, program, update
        self._here = {row.pk: row for row in Partner.objects.all()}
        self._granted = set(Approval.objects.values_list("partner_id", "program_id", "product_id"))
        self._programs = set(Program.objects.values_list("pk", flat=True))
        self._products = {(p.program_id, p.name): p.pk for p in Product.objects.all()}

    def run(self, *, is_dry: bool, skip_errors: bool, hear: Hear | None = None) -> Outcome:
        outcome = Outcome("partners", Faults(self._table.name), is_dry=is_dry)
        wanted = self._wanted(outcome, hear)
        work = [(id, each) for id, each in wanted.items() if self._is_new(id, each, outcome)]
        outcome.refused = bool(outcome.faults.count) and not skip_errors
        if not (is_dry or outcome.refused):
            with edit():
                for id, each in work:
                    self._store(id, each)
                go_on_after(Partner)
            outcome.done()
        return outcome

    def _wanted(self, outcome: Outcome, hear: Hear | None) -> dict[int, Wanted]:
        """A partner may have several lines, one for each program: then they only differ in what he may earn."""
        found: dict[int, Wanted] = {}
        for line in self._table.lines(outcome.faults, "Checking", hear):
            outcome.lines += 1
            try:
                id, each = self._read(line)
                if id in found and (found[id].name, found[id].state) != (each.name, each.state):
                    raise line.wrong("id", f"line {found[id].line.number} says something else of partner {id}.")
                found.setdefault(id, each).grants |= each.grants
                if outcome.lines > MAX_ROWS:
                    raise line.wrong("", f"the file has more than {MAX_ROWS:,} lines: split it.")
            except Wrong as wrong:
                outcome.faults.add(line.number, wrong.column, str(wrong))
        return found

    def _read(self, line: Line) -> tuple[int, Wanted]:
        id = checked(line, "id", number)
        name = checked(line, "name", name_of)
        state = plain(line.text("state"))
        if state and state not in _STATE_OF:
            raise line.wrong("state", f"{quote(line.text('state'))} is none of active, pending, blocked.")
        return id, Wanted(line, name, _STATE_OF.get(state, PartnerState.ACTIVE).value, self._grants(line))

    def _grants(self, line: Line) -> set[Grant]:
        names = [part.strip() for part in re.split(r"[,;|]", line.text("products")) if part.strip()]
        if not line.text("program") and not names:
            return set()
        program = checked(line, "program", number) if line.text("program") else self._program
        if program is None or program not in self._programs:
            raise line.wrong("program", f"there is no program {program or ''}: make it first, or say --program N.")
        if not names or names == [EVERY_PRODUCT]:
            return {(program, None)}
        for name in names:
            if (program, name) not in self._products:
                known = ", ".join(quote(each) for owner, each in self._products if owner == program)
                raise line.wrong("products", f"program {program} has no product {quote(name)}; it has {known}.")
        return {(program, self._products[program, name]) for name in names}

    def _is_new(self, id: int, each: Wanted, outcome: Outcome) -> bool:
        """Whether there is something to store; a clash is a fault."""
        here = self._here.get(id)
        missing = {grant for grant in each.grants if (id, *grant) not in self._granted}
        if here is None:
            outcome.found["to be added"] += 1
            return True
        same = (here.name, here.state) == (each.name, each.state)
        if same and not missing:
            outcome.found["unchanged"] += 1
            return False
        if id == TEST_PARTNER and not same:
            problem = (
                f"partner {TEST_PARTNER} is the test partner of this server, whose orders are in no total: leave the "
                "line out, or give the partner another number and his links with it."
            )
        elif not self._update:
            what = f"{quote(here.name)}, {here.state}" if not same else "with fewer approvals"
            problem = f"partner {id} is here already, {what}: give this one another number, or take it: --update."
        else:
            outcome.found["to be changed"] += 1
            return True
        outcome.faults.add(each.line.number, each.line.wrong("id", "").column, problem)
        return False

    def _store(self, id: int, each: Wanted) -> None:
        row = self._here.get(id) or Partner(pk=id)
        row.name, row.state = each.name, each.state
        row.save(force_insert=id not in self._here)
        for program, product in sorted(each.grants, key=str):
            if (id, program, product) not in self._granted:
                Approval(partner_id=id, program_id=program, product_id=product).save()


def name_of(text: str) -> str:
    name = rules.name(text)
    if len(name) > MAX_NAME:
        raise ValueError(f"it has {len(name)} characters; a name has at most {MAX_NAME}.")
    return name


def checked(line: Line, column: str, rule: Callable[[str], Value]) -> Value:
    """The cell as the rule reads it; its ValueError with the column's name."""
    try:
        return rule(line.text(column))
    except ValueError as fault:
        raise line.wrong(column, str(fault)) from None
