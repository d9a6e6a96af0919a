"""The door of the console: whatever a page forgets, a reader changes nothing and a partner is not let in.

What an account may see of a page the page itself asks of `accounts/rights.py`.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.admin import site
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.utils.translation import gettext as _

from clicktrail.control.accounts.rights import rights_of

PORTAL = "/partner/"
API = "/api/v"
NUL = "%00"
"""In an address: no filter means it, and PostgreSQL takes no text with it. The API says so in its own words."""
OUTSIDE = (API, "/static/", "/share/", "/login/", "/logout/", "/favicon.ico", "/welcome/", "/banner/", PORTAL)
"""Open to anybody, or with a door of their own."""
OWN = ("/account/", "/password_change/", "/jsi18n/")
"""Everybody's own account, whatever the role."""
SAFE = ("GET", "HEAD", "OPTIONS")


def reads(view: Any) -> Any:
    """Marks a view whose POST changes nothing: a preview, something looked up."""
    view.reads = True
    return view


class Door:
    """Middleware, after the one that knows who asks."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> Any:
        return self._get_response(request)

    def process_view(self, request: Any, view: Any, *_args: Any) -> Any:
        """None: go on."""
        if NUL in request.META["QUERY_STRING"] and not request.path.startswith(API):
            raise BadRequest("A NUL character in the address")
        if not request.user.is_authenticated:
            return None
        rights = rights_of(request)
        if rights.is_partner:
            return _partner(request)
        if request.path.startswith(OUTSIDE + OWN):
            return None
        if request.method not in SAFE and not rights.edits and not getattr(view, "reads", False):
            rights.must_edit()
        if not rights.is_inside:
            raise PermissionDenied(_("Your account has no part in the console any more. Ask an owner."))
        _of_a_list(request)
        return None


def _of_a_list(request: Any) -> None:
    """Every address below a list's own is for who is let into the list; the one to add, for who may add."""
    app, model, below = [*request.path.split("/")[1:4], "", "", ""][:3]
    page = next((page for kind, page in site._registry.items() if _is(kind, app, model)), None)
    if page is None:
        return
    is_let_in = page.has_add_permission(request) if below == "add" else page.has_module_permission(request)
    if not is_let_in:
        raise PermissionDenied(_("This page is not for your role. Ask an owner."))


def _is(kind: Any, app: str, model: str) -> bool:
    return bool(kind._meta.app_label == app and kind._meta.model_name == model)


def _partner(request: Any) -> HttpResponseRedirect | None:
    """The portal is his; what is open to anybody is to him; his account has its pages there."""
    if request.path.startswith(OUTSIDE) and not request.path.startswith("/api/"):
        return None
    if request.path == "/":
        return HttpResponseRedirect(PORTAL)
    if request.path.startswith(OWN[:2]):
        return HttpResponseRedirect(f"{PORTAL}account/")
    raise Http404(_("There is no such page, or it is not for you."))
