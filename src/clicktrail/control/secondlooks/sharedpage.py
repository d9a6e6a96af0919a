"""`/share/TOKEN`: a shared story, for whoever has the link. No account, no script, nothing for search engines."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from clicktrail import heartbeat
from clicktrail.control.accounts import viewer
from clicktrail.control.catalog.models import Program
from clicktrail.control.console.cells import time_cell
from clicktrail.control.policy import STRICT
from clicktrail.control.secondlooks import share, telling

HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
}


@require_safe
def shared(_request: HttpRequest, token: str) -> HttpResponse:
    """Forged, expired and revoked links look alike."""
    row = share.read(token, settings.CLICKTRAIL, heartbeat.now_ms())
    if row is None:
        return _page("gone", 404, {})
    program = Program.objects.filter(pk=row.program_id).first()
    zone = program.time_zone if program else None
    with viewer.page_zone(zone):
        told = telling.tell(row)
    chapters = [(time_cell(chapter.at_ms, zone), chapter.heading, chapter.steps) for chapter in told]
    context = {
        "title": telling.title(row),
        "program": program.name if program else f"program {row.program_id}",
        "chapters": chapters,
        "until": time_cell(row.expires_ms, zone),
    }
    return _page("shared", 200, context)


def _page(name: str, status: int, context: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(render_to_string(f"secondlooks/{name}.html", context), status=status, headers=HEADERS)
    response.content_policy = STRICT  # type: ignore[attr-defined]
    return response
