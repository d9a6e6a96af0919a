"""Load a whole set-up from a TOML file: adds and changes, removes nothing, all of it or nothing.

A field that the file leaves out keeps what it holds; a row that is new takes the default.
"""

from collections.abc import Callable
from typing import Any

from clicktrail.control.catalog import rules, setup
from clicktrail.control.catalog.edits import edit, go_on_after
from clicktrail.control.catalog.models import (
    Allowed,
    Approval,
    ClickTarget,
    Creative,
    Partner,
    PartnerState,
    Product,
    Program,
    ProgramState,
    Unproven,
)
from clicktrail.control.catalog.setup import Applied, Faults, Table
from clicktrail.control.catalog.timed import TimedRates
from clicktrail.core.catalog import EVERY_PRODUCT
from clicktrail.core.placeholders import has_clickid

DEFAULT_TARGET = "default"

PROGRAM_FIELDS = (
    "id",
    "name",
    "currency",
    "time_zone",
    "click_lifetime_days",
    "default_product",
    "deeplink_hosts",
    "click_parameter",
    "state",
    "signed",
    "token_required",
    "networks",
    "nocheck_by",
    "pid_by",
    "unproven",
    "replay_window_s",
    "product",
    "target",
    "creative",
)
PRODUCT_FIELDS = ("name", "percent", "fixed", "rate")
TARGET_FIELDS = ("alias", "url")
CREATIVE_FIELDS = ("id", "name", "target", "product", "state")
PARTNER_FIELDS = ("id", "name", "state", "approval", "rate")
APPROVAL_FIELDS = ("program", "products")
RATE_FIELDS = ("program", "product", "valid_from", "percent", "fixed", "none")


def apply(text: str, file: str) -> Applied:
    """Load the set-up `text`; `file` is its name for the messages.

    Raises CatalogError with one line for each fault, naming line, field and mend; nothing is stored then.
    """
    faults = Faults(file)
    root = setup.read(text, file, faults)
    with edit():
        loading = _Loading(faults)
        loading.root(root)
        faults.raise_if_any()
        go_on_after(Program, Creative, Partner)
    return loading.applied


class _Loading:
    """One pass over the file. What the ledger holds is read once, at the start."""

    def __init__(self, faults: Faults) -> None:
        self.applied = Applied()
        self.faults = faults
        self.programs = {row.pk: row for row in Program.objects.select_related("default_product")}
        self.partners = {row.pk: row for row in Partner.objects.all()}
        self.creatives = {row.pk: row for row in Creative.objects.select_related("target", "product")}
        self.products = {(row.program_id, row.name): row for row in Product.objects.all()}
        self.targets = {(row.program_id, row.alias): row for row in ClickTarget.objects.all()}
        self.approvals = set(Approval.objects.values_list("partner_id", "program_id", "product_id"))
        self.timed = TimedRates(self.applied, faults)

    def root(self, root: Table) -> None:
        root.only(("program", "partner"))
        for table in _each_once(root.tables("program")):
            self.program(table)
        for table in _each_once(root.tables("partner")):
            self.partner(table)

    def program(self, table: Table) -> None:
        table.only(PROGRAM_FIELDS)
        number = table.number("id", rules.row_id)
        before = self.programs.get(number or 0)
        values = {
            "name": table.text("name", rules.name),
            "currency": table.text("currency", rules.currency),
            "time_zone": table.text("time_zone", _new(rules.time_zone, before and before.time_zone)),
            "click_lifetime_days": table.number("click_lifetime_days", rules.click_lifetime_days),
            "deeplink_hosts": table.texts(
                "deeplink_hosts", _new(rules.deeplink_host, *(before.deeplink_hosts if before else ()))
            ),
            "click_parameter": table.text(
                "click_parameter", _new(rules.click_parameter, before and before.click_parameter)
            ),
            "state": table.choice("state", ProgramState.values),
            **_access(table),
        }
        if not table.require("id") or number is None:
            return
        row = self.programs.get(number)
        if row is None and not table.require("name", "currency", "time_zone"):
            return
        if row is not None and values["currency"] not in (None, row.currency):
            table.fault("currency", f"Program {number} has {row.currency} for ever: make another program.")
            return
        if row is None and not values["currency"]:
            return
        self.programs[number] = row = self._store(row or Program(pk=number), f"program {number}", values)
        self._inside(table, row)

    def _inside(self, table: Table, program: Program) -> None:
        for product in table.tables("product"):
            self.product(product, program)
        for target in table.tables("target"):
            self.target(target, program)
        if (program.pk, DEFAULT_TARGET) not in self.targets:
            table.fault("target", 'There is no click target with alias "default": visitors go there when in doubt.')
        for creative in _each_once(table.tables("creative")):
            self.creative(creative, program)
        self.default_product(table, program)

    def default_product(self, table: Table, program: Program) -> None:
        """Without a word about it, the only product of a program is its default."""
        own = [row for (number, _), row in self.products.items() if number == program.pk]
        chosen = self._product(table, "default_product", program)
        if chosen is None and program.default_product_id is None and len(own) == 1:
            chosen = own[0]
        self._store(program, f"program {program.pk}", {"default_product": chosen})

    def product(self, table: Table, program: Program) -> None:
        table.only(PRODUCT_FIELDS)
        known = [name for number, name in self.products if number == program.pk]
        name = table.text("name", _new(lambda text: rules.product_name(text, known), *known))
        if not table.require("name") or name is None:
            return
        row = self.products.get((program.pk, name)) or Product(program=program, name=name)
        # With a faulty rate it still counts as a product here, so that nothing else is blamed for its absence.
        self.products[program.pk, name] = row
        self.timed.of_product(table, row, f'product "{name}" of program {program.pk}')

    def target(self, table: Table, program: Program) -> None:
        table.only(TARGET_FIELDS)
        before = self.targets.get((program.pk, table.plain("alias")))
        alias = table.text("alias", lambda text: self._alias(text, program))
        url = table.text("url", _new(rules.target_url, before and before.url))
        if not table.require("alias", "url") or alias is None:
            return
        row = self.targets.get((program.pk, alias)) or ClickTarget(program=program, alias=alias)
        self.targets[program.pk, alias] = row
        if url is not None:
            label = f'click target "{alias}" of program {program.pk}'
            is_new = row.url != url
            self._store(row, label, {"url": url})
            if is_new and not has_clickid(url):
                self.applied.warnings.append(f"{label} lacks <% CLICKID %>: the shop will not know the click.")

    def _alias(self, text: str, program: Program) -> str:
        return rules.target_alias(text, [alias for number, alias in self.targets if number == program.pk])

    def creative(self, table: Table, program: Program) -> None:
        table.only(CREATIVE_FIELDS)
        number = table.number("id", rules.row_id)
        values: dict[str, Any] = {
            "name": table.text("name", rules.name),
            "target": self._target(table, program),
            "product": self._product(table, "product", program),
            "state": table.choice("state", ProgramState.values),
        }
        if not table.require("id") or number is None:
            return
        row = self.creatives.get(number)
        if row is None and not table.require("name"):
            return
        if row is not None and row.program_id != program.pk:
            table.fault("id", f"Creative {number} belongs to program {row.program_id}: give another number.")
            return
        if row is None:
            row = Creative(pk=number, program=program, target=self.targets.get((program.pk, DEFAULT_TARGET)))
        self.creatives[number] = self._store(row, f"creative {number}", values)

    def partner(self, table: Table) -> None:
        table.only(PARTNER_FIELDS)
        number = table.number("id", rules.row_id)
        values = {"name": table.text("name", rules.name), "state": table.choice("state", PartnerState.values)}
        if not table.require("id") or number is None:
            return
        row = self.partners.get(number)
        if row is None and not table.require("name"):
            return
        self.partners[number] = row = self._store(row or Partner(pk=number), f"partner {number}", values)
        for approval in table.tables("approval"):
            self.approval(approval, row)
        for rate in table.tables("rate"):
            self.rate(rate, row)

    def approval(self, table: Table, partner: Partner) -> None:
        table.only(APPROVAL_FIELDS)
        program = self._program(table)
        names = table.texts("products", str)
        if not table.require("products") or program is None:
            return
        for name in names or []:
            product = None if name == EVERY_PRODUCT else self._named_product(table, "products", program, name)
            if product is not None or name == EVERY_PRODUCT:
                self._approve(partner, program, product)

    def _approve(self, partner: Partner, program: Program, product: Product | None) -> None:
        key = (partner.pk, program.pk, product.pk if product else None)
        if key in self.approvals or self.faults:
            return
        self.approvals.add(key)
        Approval.objects.create(partner=partner, program=program, product=product)
        what = f'product "{product.name}"' if product else "every product"
        self.applied.added.append(f"approval of partner {partner.pk} for {what} of program {program.pk}")

    def rate(self, table: Table, partner: Partner) -> None:
        table.only(RATE_FIELDS)
        program = self._program(table)
        if not table.require("product") or program is None:
            return
        product = self._product(table, "product", program)
        if product is not None:
            label = f'rate of partner {partner.pk} for product "{product.name}" of program {program.pk}'
            self.timed.of_partner(table, product, partner, label)

    def _program(self, table: Table) -> Program | None:
        number = table.number("program", rules.row_id)
        if not table.require("program") or number is None:
            return None
        if number not in self.programs:
            table.fault("program", f"There is no program {number}: give the id of one in this file or the ledger.")
        return self.programs.get(number)

    def _product(self, table: Table, name_field: str, program: Program) -> Product | None:
        name = table.text(name_field, rules.name)
        return None if name is None else self._named_product(table, name_field, program, name)

    def _named_product(self, table: Table, name_field: str, program: Program, name: str) -> Product | None:
        product = self.products.get((program.pk, name))
        if product is None:
            known = ", ".join(f'"{known}"' for number, known in self.products if number == program.pk) or "none yet"
            table.fault(name_field, f'Program {program.pk} has no product "{name}"; it has {known}.')
        return product

    def _target(self, table: Table, program: Program) -> ClickTarget | None:
        alias = table.text("target", rules.alias)
        if alias is None:
            return None
        target = self.targets.get((program.pk, alias))
        if target is None:
            known = ", ".join(f'"{known}"' for number, known in self.targets if number == program.pk) or "none yet"
            table.fault("target", f'Program {program.pk} has no click target "{alias}"; it has {known}.')
        return target

    def _store(self, row: Any, label: str, values: dict[str, Any], *, may_be_none: bool = False) -> Any:
        """Save what differs. With a fault anywhere nothing is saved: all of it is going to be undone."""
        given = {name: value for name, value in values.items() if may_be_none or value is not None}
        differs = [name for name, value in given.items() if getattr(row, name, None) != value]
        for name in differs:
            setattr(row, name, given[name])
        if self.faults or not (differs or row._state.adding):
            return row
        if row._state.adding:
            self.applied.added.append(label)
        else:
            self.applied.changed.append(f"{label} ({', '.join(differs)})")
        row.save()
        return row


def _new(rule: Callable[[str], str], *before: Any) -> Callable[[str], str]:
    """The rule for what is new. What the ledger holds already stays loadable, also where a rule has become stricter."""
    return lambda text: text if text in before else rule(text)


def _access(table: Table) -> dict[str, Any]:
    """Who may call. Keys and tokens are no part of a file: it would be kept, copied and mailed."""
    return {
        "signed": table.flag("signed"),
        "token_required": table.flag("token_required"),
        "networks": table.texts("networks", rules.network, rules.networks),
        "nocheck_by": table.choice("nocheck_by", Allowed.values),
        "pid_by": table.choice("pid_by", Allowed.values),
        "unproven": table.choice("unproven", Unproven.values),
        "replay_window_s": table.number("replay_window_s", rules.replay_window_s),
    }


def _each_once(tables: list[Table]) -> list[Table]:
    """The same id twice in one file is a slip: which of the two should hold?"""
    seen: dict[int, int] = {}
    for table in tables:
        number = table.plain("id")
        if isinstance(number, int) and number in seen:
            table.fault("id", f"{number} is in line {seen[number]} already: give each id once.")
        elif isinstance(number, int):
            seen[number] = table.line("id")
    return tables
