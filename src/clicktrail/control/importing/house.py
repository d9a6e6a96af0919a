"""What the file is held against: programs, partners, creatives and products that are here, read once."""

from dataclasses import dataclass, field

from clicktrail.control.catalog.models import Creative, Partner, Product, Program
from clicktrail.control.importing.cells import number
from clicktrail.control.importing.table import Line
from clicktrail.core.explain import quote
from clicktrail.core.ids import read_id
from clicktrail.errors import ImportRefused


@dataclass(slots=True)
class House:
    programs: dict[int, Program] = field(default_factory=dict)
    partners: set[int] = field(default_factory=set)
    creatives: dict[int, int] = field(default_factory=dict)
    """creative -> program"""
    products: dict[int, list[str]] = field(default_factory=dict)
    """program -> names"""
    one: int = 0
    """The program of a line that names none; 0: there is no such."""

    def program(self, line: Line) -> Program:
        text = line.text("program")
        owner = self.creatives.get(read_id(line.text("creative")) or 0)
        if not text and not self.one and owner:
            return self.programs[owner]
        if not text and not self.one:
            raise line.wrong("program", "no program is named: add the column, or say --program N.")
        id = _number(line, "program") if text else self.one
        if id not in self.programs:
            raise line.wrong("program", f"there is no program {id}: make it first, in the console or by catalog apply.")
        return self.programs[id]

    def partner(self, line: Line) -> int:
        id = _number(line, "partner")
        if id not in self.partners:
            raise line.wrong("partner", f"there is no partner {id}: import the partners first.")
        return id

    def creative(self, line: Line, program: Program) -> int:
        """0 where the line names none."""
        text = line.text("creative")
        if not text or text.lower() == "cc" or text == "0":
            return 0
        id = _number(line, "creative")
        if self.creatives.get(id) != program.pk:
            raise line.wrong(
                "creative",
                f"program {program.pk} has no creative {id}: import them first, or go without: --map creative=.",
            )
        return id

    def product(self, line: Line, program: Program) -> str:
        """Empty where the line names none: the program's default then."""
        name = line.text("product")
        known = self.products.get(program.pk, [])
        if name and name not in known:
            raise line.wrong("product", f"program {program.pk} has no product {quote(name)}; it has {_all(known)}.")
        return name


def house(program: int | None) -> House:
    """Raises ImportRefused where there is no such program."""
    found = House(
        programs={row.pk: row for row in Program.objects.select_related("default_product")},
        partners=set(Partner.objects.values_list("pk", flat=True)),
        creatives=dict(Creative.objects.values_list("pk", "program_id")),
    )
    for owner, name in Product.objects.order_by("pk").values_list("program_id", "name"):
        found.products.setdefault(owner, []).append(name)
    if program is not None and program not in found.programs:
        raise ImportRefused(f"There is no program {program}: make it first, in the console or by `catalog apply`.")
    found.one = program or (next(iter(found.programs)) if len(found.programs) == 1 else 0)
    return found


def _number(line: Line, name: str) -> int:
    try:
        return number(line.text(name))
    except ValueError as fault:
        raise line.wrong(name, str(fault)) from None


def _all(names: list[str]) -> str:
    return ", ".join(map(quote, names)) or "none"
