"""`/banner/DIGEST.ENDING`: a creative's picture for any page in the world, unchanged for ever.

Only what a creative has or had is served. The headers leave a browser no choice but to draw a picture, whatever
else somebody may have hidden in it.
"""

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from clicktrail.control.banners.models import Banner
from clicktrail.control.banners.pictures import KINDS

NAME = re.compile(r"([0-9a-f]{32})\.([a-z]{3,4})")
FOLDER = "/banner/"
YEAR_S = 365 * 24 * 3600
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


def banners_middleware(get_response: Any) -> Any:
    """In front of sessions and accounts: who asks makes no difference, so answers may be kept for everybody."""

    def middleware(request: Any) -> Any:
        if request.path.startswith(FOLDER):
            return banner(request, request.path.removeprefix(FOLDER))
        return get_response(request)

    return middleware


@require_safe
def banner(request: HttpRequest, name: str) -> HttpResponse:
    body = _body(name)
    if body is None:
        return _guarded(HttpResponse("There is no such banner.\n", status=404, content_type="text/plain"))
    mark = f'"{name}"'
    if request.headers.get("If-None-Match") == mark:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = HttpResponse(body, content_type=KINDS[name.rpartition(".")[2]].media_type)
    answer["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
    answer["ETag"] = mark
    return _guarded(answer)


def _body(name: str) -> bytes | None:
    """None where no creative has it, or its file is gone."""
    found = NAME.fullmatch(name)
    if found is None or found[2] not in KINDS or not Banner.objects.filter(digest=found[1], kind=found[2]).exists():
        return None
    try:
        return (settings.CLICKTRAIL.banners_folder / name).read_bytes()
    except FileNotFoundError:
        return None


def _guarded(answer: Any) -> HttpResponse:
    """Other sites may show it; that is what it is for."""
    answer.content_policy = POLICY
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Disposition"] = "inline"
    return answer  # type: ignore[no-any-return]
