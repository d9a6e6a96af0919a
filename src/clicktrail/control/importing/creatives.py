"""Creatives of another system, with the click targets that they lead to: in one edit of the catalog."""

import re
from dataclasses import dataclass

from clicktrail.control.catalog import rules
from clicktrail.control.catalog.edits import edit, go_on_after
from clicktrail.control.catalog.models import ClickTarget, Creative, Product, ProgramState
from clicktrail.control.importing.cells import number
from clicktrail.control.importing.house import House
from clicktrail.control.importing.outcome import Outcome
from clicktrail.control.importing.partners import MAX_ROWS, checked, name_of
from clicktrail.control.importing.table import QUOTE, Faults, Hear, Line, Table, Wrong
from clicktrail.control.reconcile.columns import plain
from clicktrail.core.explain import quote
from clicktrail.core.placeholders import has_clickid

DEFAULT_ALIAS = "default"
MOST_NAMED = 10
"""Click targets that a note names."""
MAX_URL = 2000
"""Characters of the address of a click target."""

_STATE_OF = {
    **dict.fromkeys(("", "active", "aktiv", "online", "enabled", "ok"), ProgramState.ACTIVE),
    **dict.fromkeys(
        ("paused", "pausiert", "inaktiv", "inactive", "offline", "disabled", "deleted"), ProgramState.PAUSED
    ),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    line: Line
    program: int
    name: str
    alias: str
    url: str
    """Empty: the target is there, or another line makes it."""
    product: str
    state: str

    @property
    def target(self) -> tuple[int, str]:
        return self.program, self.alias


class Creatives:
    def __init__(self, table: Table, house: House, update: bool) -> None:
        self._table, self._house, self._update = table, house, update
        self._here = {row.pk: row for row in Creative.objects.select_related("target", "product")}
        self._targets = {(row.program_id, row.alias): row for row in ClickTarget.objects.all()}
        self._products = {(row.program_id, row.name): row for row in Product.objects.all()}
        self._urls: dict[tuple[int, str], str] = {key: row.url for key, row in self._targets.items()}

    def run(self, *, is_dry: bool, skip_errors: bool, hear: Hear | None = None) -> Outcome:
        outcome = Outcome("creatives", Faults(self._table.name), is_dry=is_dry)
        work: dict[int, Wanted] = {}
        seen: dict[int, int] = {}
        for line in self._table.lines(outcome.faults, "Checking", hear):
            outcome.lines += 1
            try:
                id, each = self._read(line)
                if id in seen:
                    raise line.wrong("id", f"creative {id} stands in line {seen[id]} already.")
                if outcome.lines > MAX_ROWS:
                    raise line.wrong("", f"the file has more than {MAX_ROWS:,} lines: split it.")
                seen[id] = line.number
                if self._is_new(id, each, outcome):
                    work[id] = each
            except Wrong as wrong:
                outcome.faults.add(line.number, wrong.column, str(wrong))
        outcome.refused = bool(outcome.faults.count) and not skip_errors
        if not (is_dry or outcome.refused):
            with edit():
                for id, each in work.items():
                    self._store(id, each)
                go_on_after(Creative)
            outcome.done()
        lacking = sorted({each.alias for each in work.values() if each.url and not has_clickid(each.url)})
        if lacking:
            outcome.notes.append(
                f"{len(lacking)} click targets lack <% CLICKID %>, so their shop will not know the click: "
                f"{', '.join(map(quote, lacking[:MOST_NAMED]))}."
            )
        return outcome

    def _read(self, line: Line) -> tuple[int, Wanted]:
        id = checked(line, "id", number)
        name = checked(line, "name", name_of)
        program = self._house.program(line)
        state = _STATE_OF.get(plain(line.text("state")))
        if state is None:
            raise line.wrong("state", f"{quote(line.text('state'))} is none of active, paused.")
        url = checked(line, "url", _address) if line.text("url") else ""
        alias = checked(line, "target", rules.alias) if line.text("target") else self._alias(id, program.pk, url)
        if not url and (program.pk, alias) not in self._urls:
            raise line.wrong(
                "target", f"program {program.pk} has no click target {quote(alias)}: give its address too."
            )
        product = self._house.product(line, program)
        return id, Wanted(line, program.pk, name, alias, url, product, state.value)

    def _alias(self, id: int, program: int, url: str) -> str:
        """Where the file names none: that of the same address, else one of its own; without an address the default."""
        if not url:
            return DEFAULT_ALIAS
        same = (alias for (owner, alias), known in self._urls.items() if owner == program and known == url)
        return next(same, f"creative-{id}")

    def _is_new(self, id: int, each: Wanted, outcome: Outcome) -> bool:
        before = self._urls.get(each.target)
        moves_target = bool(each.url and before is not None and before != each.url)
        if moves_target and not self._update:
            raise each.line.wrong(
                "url", f"click target {quote(each.alias)} leads to {before} already: name another alias, or --update."
            )
        here = self._here.get(id)
        if here is not None and here.program_id != each.program:
            raise each.line.wrong("id", f"creative {id} belongs to program {here.program_id}: give another number.")
        same = here is not None and self._facts(here) == (each.name, each.alias, each.product, each.state)
        if same and not moves_target:
            outcome.found["unchanged"] += 1
            return False
        if here is not None and not same and not self._update:
            raise each.line.wrong(
                "id", f"creative {id} is here already as {quote(here.name)}, with other facts: give this one another "
                "number, or take the file's facts: --update.",
            )  # fmt: skip
        outcome.found["to be added" if here is None else "to be changed"] += 1
        if each.url:
            self._urls[each.target] = each.url
        return True

    def _facts(self, row: Creative) -> tuple[str, str, str, str]:
        return row.name, row.target.alias, row.product.name if row.product else "", row.state

    def _store(self, id: int, each: Wanted) -> None:
        target = self._targets.get(each.target) or ClickTarget(program_id=each.program, alias=each.alias)
        url = self._urls[each.target]
        if target.pk is None or target.url != url:
            target.url = url
            target.save()
            self._targets[each.target] = target
        row = self._here.get(id) or Creative(pk=id, program_id=each.program)
        row.name, row.target, row.state = each.name, target, each.state
        row.product = self._products[each.program, each.product] if each.product else None
        row.save(force_insert=id not in self._here)


_ENTITY_END = re.compile(r"&(?:amp|quot|lt|gt|#\d{1,6})$", re.ASCII)


def _address(text: str) -> str:
    if _ENTITY_END.search(text):
        raise ValueError(f"it ends with {quote(text[-6:])}: a semicolon cut it. {QUOTE[:1].upper()}{QUOTE[1:]}")
    url = rules.target_url(text)
    if len(url) > MAX_URL:
        raise ValueError(f"it has {len(url)} characters; an address has at most {MAX_URL}.")
    return url
