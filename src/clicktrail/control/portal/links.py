"""Links and banners ready to copy, and deeplinks that the partner builds himself.

Only what he may earn on: programs and creatives that run, with a commission product that he is approved for.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clicktrail.control.banners import links as made
from clicktrail.control.banners import markup
from clicktrail.control.banners.broken import Refused
from clicktrail.control.banners.models import Banner, LinkText
from clicktrail.control.catalog.models import Approval, Creative, Program, ProgramState
from clicktrail.control.portal.viewer import Viewer
from clicktrail.core.ids import read_id

MOST_LINKS = 24
"""Creatives on one page."""
MAX_OWN_SUBID = 255


@dataclass(frozen=True, slots=True)
class Offer:
    """One creative, ready to copy."""

    number: int
    name: str
    program: str
    product: str
    text: str
    link: str
    html: str
    banner: Banner | None
    picture: str
    """Address of the picture on this very server."""
    alt: str
    file_name: str


def own_programs(viewer: Viewer) -> QuerySet[Program]:
    """Running programs in which this partner may earn something."""
    approved = Approval.objects.filter(partner=viewer.partner)
    rows = Program.objects.filter(state=ProgramState.ACTIVE, pk__in=approved.values("program"))
    return (rows if viewer.programs is None else rows.filter(pk__in=sorted(viewer.programs))).order_by("name", "pk")


def own_creatives(viewer: Viewer) -> QuerySet[Creative]:
    """A creative without a product of its own sells the program's default one."""
    approved = Approval.objects.filter(partner=viewer.partner)
    products = approved.filter(product__isnull=False).values("product")
    rows = Creative.objects.filter(state=ProgramState.ACTIVE, program__in=own_programs(viewer).order_by())
    return rows.filter(
        Q(program__in=approved.filter(product__isnull=True).values("program"))
        | Q(product__in=products)
        | Q(product__isnull=True, program__default_product__in=products)
        | Q(product__isnull=True, program__default_product__isnull=True)
    ).order_by("-pk")


@require_safe
def links(request: HttpRequest) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    programs, asked = list(own_programs(viewer)), request.GET
    subid, program = asked.get("subid", "")[:MAX_OWN_SUBID], read_id(asked.get("program"))
    words, kind = asked.get("q", ""), asked.get("kind", "")
    rows = _searched(own_creatives(viewer), program, words, kind)
    if before := read_id(asked.get("before")):
        rows = rows.filter(pk__lt=before)
    found = list(rows.select_related("program", "program__default_product", "product")[: MOST_LINKS + 1])
    shown = found[:MOST_LINKS]
    further = {name: value for name, value in asked.items() if name != "before"}
    context = {
        "offers": _offers(viewer, shown, subid),
        "search": {"subid": subid, "program": program, "q": words, "kind": kind},
        "programs": programs,
        "is_filtered": bool(program or words or kind),
        "more": urlencode(further | {"before": shown[-1].pk}) if len(found) > MOST_LINKS else "",
    }
    return TemplateResponse(request, _page(request, "links"), context)


@require_safe
def deeplink(request: HttpRequest) -> HttpResponse:
    """Whether the address is taken, the function says that decides clicks; so the link does what it shows."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    programs, asked = list(own_programs(viewer)), request.GET
    number = read_id(asked.get("program"))
    program = next((each for each in programs if each.pk == number), None) or _first(programs)
    subid = asked.get("subid", "")[:MAX_OWN_SUBID]
    context: dict[str, Any] = {"programs": programs, "program": program, "subid": subid}
    context["address"] = asked.get("address", "")
    if program and context["address"].strip():
        context |= _built(viewer, program, context["address"], subid)
    return TemplateResponse(request, _page(request, "deeplink"), context)


def _built(viewer: Viewer, program: Program, text: str, subid: str) -> dict[str, Any]:
    try:
        address = made.deeplink_address(program, text)
    except Refused as fault:
        return {"fault": str(fault)}
    sample = made.Sample(program.pk, creative=0, partner=viewer.partner.pk, subid=subid)
    link = made.deeplink_link(program, viewer.partner.pk, address, subid)
    return {
        "link": link,
        "html": markup.text_html(link, address),
        "leads_to": sample.fill(made.landing_of(program, address)),
    }


def _first(programs: list[Program]) -> Program | None:
    """The first one that takes deeplinks, else the first."""
    return next((each for each in programs if each.deeplink_hosts), programs[0] if programs else None)


def _page(request: HttpRequest, name: str) -> str:
    """The whole page, or the piece of it that changes while one types."""
    return f"portal/{name}_result.html" if request.headers.get("HX-Request") == "true" else f"portal/{name}.html"


def _searched(rows: QuerySet[Creative], program: int | None, words: str, kind: str) -> QuerySet[Creative]:
    if program:
        rows = rows.filter(program=program)
    if words.strip():
        rows = rows.filter(name__icontains=words.strip())
    with_picture = Banner.objects.filter(ended_ms__isnull=True).values("creative")
    if kind == "banner":
        return rows.filter(pk__in=with_picture)
    return rows.exclude(pk__in=with_picture) if kind == "text" else rows


def _offers(viewer: Viewer, rows: list[Creative], subid: str) -> list[Offer]:
    """With pictures and texts, one query each."""
    banners = {each.creative_id: each for each in Banner.objects.filter(creative__in=rows, ended_ms__isnull=True)}
    texts = dict(LinkText.objects.filter(creative__in=rows).values_list("creative_id", "text"))
    return [_offer(viewer, row, banners.get(row.pk), texts.get(row.pk, row.name), subid) for row in rows]


def _offer(viewer: Viewer, row: Creative, banner: Banner | None, text: str, subid: str) -> Offer:
    link = made.creative_link(row, viewer.partner.pk, subid)
    product = row.product or row.program.default_product
    return Offer(
        number=row.pk,
        name=row.name,
        program=row.program.name,
        product=product.name if product else _("every product"),
        text=text,
        link=link,
        html=markup.banner_html(link, banner, row.name) if banner else markup.text_html(link, text),
        banner=banner,
        picture=reverse("banner", args=[banner.name]) if banner else "",
        alt=(banner.alt or row.name) if banner else "",
        file_name=f"{slugify(row.name) or 'banner'}-{row.pk}.{banner.kind}" if banner else "",
    )
