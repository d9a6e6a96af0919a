"""Errors that arise before a route is reached - no such path, another method, a strange Host - in the same shape."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from clicktrail.control.api.problems import BY_STATUS, MEDIA_TYPE, Fault, answer

UNDER = "/api/v"
"""The console's page of API keys lies under /api/ too, and shows its errors to people."""
SENTENCES = {
    "bad_request": "The request cannot be read.",
    "missing_scope": "The request was refused.",
    "no_route": "There is no route under this address.",
    "wrong_method": "The route exists, but not with this method.",
    "too_large": "The request is too large.",
    "fault": "The request met a fault of the server.",
}


class ProblemsMiddleware:
    """The outermost: whatever went wrong below `/api/v1/` leaves as problem details."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if not request.path_info.startswith(UNDER) or response.status_code < 400:
            return response
        if response.get("Content-Type", "").startswith(MEDIA_TYPE):
            return response
        return _as_problem(response)


def _as_problem(response: HttpResponse) -> HttpResponse:
    code = BY_STATUS.get(response.status_code, "fault" if response.status_code >= 500 else "bad_request")
    allow = [method for method in response.get("Allow", "").split(", ") if method]
    made = answer(Fault(code, SENTENCES[code]), sorted(allow))
    for name, value in response.items():
        if name.lower() not in ("content-type", "content-length", "allow"):
            made[name] = value
    return made


@csrf_exempt
def nowhere(_request: HttpRequest, **_: object) -> HttpResponse:
    """Every address of the API that is no route."""
    return answer(Fault("no_route", SENTENCES["no_route"]))
