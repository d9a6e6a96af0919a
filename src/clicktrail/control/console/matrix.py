"""Who may earn what, as a table: partners down, commission products across, a box at each crossing.

A box answers by itself; without scripts the whole page is saved by its button. Both send the same form.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.catalog.edits import edit
from clicktrail.control.catalog.models import Approval, Partner, Product, Program
from clicktrail.core.ids import read_id

EVERY = 0
"""In place of a product's number: every product, later ones too."""
MAX_BOXES = 800
"""On one page; a form has no more than a thousand fields."""
MOST_ROWS, FEWEST_ROWS = 50, 10
MAX_NAMED = 20
"""Partners whose numbers the activity log keeps of one step."""

Cell = tuple[int, int]
"""(partner, product); EVERY for every one."""


@dataclass(frozen=True, slots=True)
class Box:
    product: int
    id: str
    value: str
    checked: bool
    implied: bool
    """Approved already by "every product"."""
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    partner: Partner
    boxes: list[Box]
    is_full: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of the table."""

    program: Program
    products: list[Product]
    partners: list[Partner]
    approved: set[Cell]
    after: int
    """Number of the last partner, where there are more; else 0."""

    def rows(self) -> list[Row]:
        return [self._row(partner) for partner in self.partners]

    def _row(self, partner: Partner) -> Row:
        every = (partner.pk, EVERY) in self.approved
        names = [(EVERY, _("every product, later ones too")), *((row.pk, row.name) for row in self.products)]
        boxes = [
            Box(
                product=number,
                id=f"box-{partner.pk}-{number}",
                value=f"{partner.pk}-{number}",
                checked=(partner.pk, number) in self.approved or every,
                implied=every and number != EVERY,
                label=_("%(partner)s may earn %(product)s") % {"partner": partner.name, "product": name},
            )
            for number, name in names
        ]
        return Row(partner, boxes, all(box.checked for box in boxes[1:]))

    def is_full(self, product: int) -> bool:
        return bool(self.partners) and all(
            (row.pk, product) in self.approved or (row.pk, EVERY) in self.approved for row in self.partners
        )


def sheet(program: Program, asked: str, behind: int) -> Sheet:
    products = list(Product.objects.filter(program=program).order_by("name"))
    most = max(FEWEST_ROWS, min(MOST_ROWS, MAX_BOXES // (len(products) + 2)))
    partners = list(_found(asked).filter(pk__gt=behind).order_by("pk")[: most + 1])
    shown = partners[:most]
    rows = Approval.objects.filter(program=program, partner__in=shown).values_list("partner_id", "product_id")
    approved = {(partner, product or EVERY) for partner, product in rows}
    return Sheet(program, products, shown, approved, shown[-1].pk if len(partners) > most else 0)


def _found(asked: str) -> Any:
    if not asked:
        return Partner.objects.all()
    return Partner.objects.filter(Q(name__icontains=asked) | Q(pk=read_id(asked) or 0))


def wished(sheet: Sheet, post: Any) -> dict[Cell, bool]:
    """What the form asks of each box that it is about: one box, a row, a column, or all of them."""
    on = set(post.getlist("on"))
    if "cell" in post:
        partner, product = _cell(post["cell"])
        return _within(sheet, {(partner, product): f"{partner}-{product}" in on})
    if "row" in post:
        partner = read_id(post["row"]) or 0
        full = all((partner, row.pk) in sheet.approved for row in sheet.products)
        return _within(sheet, {(partner, row.pk): not full for row in sheet.products})
    if "column" in post:
        product = read_id(post["column"]) or EVERY
        # Under "every product" a single one says nothing.
        about = [row for row in sheet.partners if product == EVERY or (row.pk, EVERY) not in sheet.approved]
        full = all((row.pk, product) in sheet.approved for row in about)
        return _within(sheet, {(row.pk, product): not full for row in about})
    numbers = [EVERY, *(row.pk for row in sheet.products)]
    every = {row.pk for row in sheet.partners if f"{row.pk}-{EVERY}" in on}
    return {
        (row.pk, number): f"{row.pk}-{number}" in on
        for row in sheet.partners
        for number in numbers
        # Under "every product" the single boxes are not sent: what they said stays.
        if number == EVERY or (row.pk not in every and (row.pk, EVERY) not in sheet.approved)
    }


def _within(sheet: Sheet, cells: dict[Cell, bool]) -> dict[Cell, bool]:
    partners, products = {row.pk for row in sheet.partners}, {EVERY, *(row.pk for row in sheet.products)}
    return {(p, n): is_on for (p, n), is_on in cells.items() if p in partners and n in products}


def _cell(text: str) -> Cell:
    partner, __, product = text.partition("-")
    return read_id(partner) or 0, read_id(product) or EVERY


def settle(sheet: Sheet, wishes: dict[Cell, bool]) -> tuple[list[Cell], list[Cell]]:
    """Stores what differs, as one edit; returns what was given and what was taken back."""
    given = [cell for cell, is_on in wishes.items() if is_on and cell not in sheet.approved]
    taken = [cell for cell, is_on in wishes.items() if not is_on and cell in sheet.approved]
    with edit():
        for partner, product in given:
            Approval.objects.get_or_create(partner_id=partner, program=sheet.program, product_id=product or None)
        for partner, product in taken:
            Approval.objects.filter(partner_id=partner, program=sheet.program, product_id=product or None).delete()
    return given, taken


def matrix_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    rights = rights_of(request)
    programs = list(rights.narrowed(Program.objects.order_by("name"), "pk"))
    program = _chosen(request, programs)
    asked = request.GET.get("q", "").strip()[:100]
    behind = read_id(request.GET.get("after", "")) or 0
    found = sheet(program, asked, behind) if program else None
    said = ""
    if request.method == "POST" and found is not None and program is not None:
        rights.must_edit()
        said = _settled(request, found)
        if not request.headers.get("HX-Request"):
            messages.success(request, said)
            return HttpResponseRedirect(request.get_full_path())
        found = sheet(program, asked, behind)
    context |= {
        "title": _("Approvals"),
        "programs": programs,
        "sheet": found,
        "rows": found.rows() if found else [],
        "columns": _columns(found) if found else [],
        "asked": asked,
        "behind": behind,
        "next": _next(found, asked) if found else "",
        "here": request.get_full_path(),
        "edits": rights.edits,
        "said": said,
    }
    part = "console/matrix_table.html" if request.headers.get("HX-Request") else "console/matrix.html"
    return TemplateResponse(request, part, context)


def _chosen(request: HttpRequest, programs: list[Program]) -> Program | None:
    if "program" not in request.GET:
        return programs[0] if programs else None
    number = read_id(request.GET["program"])
    found = next((row for row in programs if row.pk == number), None)
    if found is None:
        raise Http404(_("There is no such program."))
    return found


def _columns(found: Sheet) -> list[tuple[int, str, bool]]:
    every = all((row.pk, EVERY) in found.approved for row in found.partners)
    return [
        (EVERY, _("Every product, later ones too"), every),
        *((row.pk, row.name, found.is_full(row.pk)) for row in found.products),
    ]


def _next(found: Sheet, asked: str) -> str:
    if not found.after:
        return ""
    query = {"program": found.program.pk, "after": found.after} | ({"q": asked} if asked else {})
    return f"{reverse('admin:catalog_approval_changelist')}?{urlencode(query)}"


def _settled(request: HttpRequest, found: Sheet) -> str:
    """Does what is asked, notes it, and says so."""
    given, taken = settle(found, wished(found, request.POST))
    for verb, cells in (("approval given", given), ("approval taken back", taken)):
        if cells:
            note(request, verb, f"{found.program}", program=found.program.pk, **_facts(found, cells))
    sentences = [
        ngettext("%(count)d approval given.", "%(count)d approvals given.", len(given)) % {"count": len(given)},
        ngettext("%(count)d approval taken back.", "%(count)d approvals taken back.", len(taken))
        % {"count": len(taken)},
    ]
    if len(given) + len(taken) == 1:
        return _one(found, given, taken)
    told = [sentence for sentence, cells in zip(sentences, (given, taken), strict=True) if cells]
    return " ".join(told) or _("Nothing was changed.")


def _one(found: Sheet, given: list[Cell], taken: list[Cell]) -> str:
    (partner, product), *__ = given or taken
    words = {
        "partner": next(row.name for row in found.partners if row.pk == partner),
        "product": next((row.name for row in found.products if row.pk == product), _("every product")),
    }
    if given:
        return _("%(partner)s may earn %(product)s now.") % words
    return _("%(partner)s may not earn %(product)s any more.") % words


def _facts(found: Sheet, cells: Iterable[Cell]) -> dict[str, Any]:
    names = {row.pk: row.name for row in found.products}
    partners = sorted({partner for partner, __ in cells})
    products = sorted({names.get(product, "*") for __, product in cells})
    return {"partners": partners[:MAX_NAMED], "products": products[:MAX_NAMED], "count": len(list(cells))}
