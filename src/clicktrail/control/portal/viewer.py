"""Who looks at a page of the portal, and whose figures it shows: always exactly one partner's.

Every page but the open ones (`urls.py`) is wrapped in `inside`. A partner's account sees its partner; an owner or a
manager sees the partner whom he signed in as, and can only read. Everybody else is sent to sign in, or finds nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.catalog.models import Partner, PartnerState

AS_PARTNER = "as_partner"
"""In the session of a manager: the number of the partner whom he signed in as."""
READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Viewer:
    partner: Partner
    account: Any
    by: str = ""
    """Who of the house looks, where it is not the partner himself."""
    programs: frozenset[int] | None = None
    """The programs that this one of the house sees; None: every one."""

    @property
    def reads_only(self) -> bool:
        return bool(self.by)

    def own(self, rows: QuerySet, column: str = "partner_id", program: str = "program_id") -> QuerySet:
        """Those of the rows that are this partner's."""
        rows = rows.filter(**{column: self.partner.pk})
        return rows if self.programs is None else rows.filter(**{f"{program}__in": sorted(self.programs)})

    def sees(self, program: int | None) -> bool:
        return self.programs is None or program in self.programs


def viewer_of(request: HttpRequest) -> Viewer | None:
    """None: there is no partner whose pages these could be."""
    rights = rights_of(request)
    if rights.is_partner:
        partner = Partner.objects.filter(pk=rights.partner).first() if rights.partner else None
        return Viewer(partner, request.user) if partner else None
    number = request.session.get(AS_PARTNER)
    if not rights.edits or not isinstance(number, int):
        return None
    partner = Partner.objects.filter(pk=number).first()
    return Viewer(partner, request.user, request.user.get_username(), rights.programs) if partner else None


def inside(view: Callable[..., Any], *, alone: bool = False) -> Callable[..., Any]:
    """A page of the portal. `alone`: for partners themselves, also while they wait; nobody stands in for them there."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not rights_of(request).role:
            return redirect_to_login(request.get_full_path())
        request.viewer = viewer_of(request)  # type: ignore[attr-defined]
        answer = _closed(request, alone) or view(request, *args, **kwargs)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    page.is_portal_page = True  # type: ignore[attr-defined]
    return page


def _closed(request: Any, alone: bool) -> HttpResponse | None:
    """What is shown in place of a page that this one may not see, or not yet."""
    viewer: Viewer | None = request.viewer
    if not rights_of(request).is_partner:
        if viewer is None or alone:
            raise Http404(_("These are the pages of partners. Sign in as one of them from the list of partners."))
        return _refused(request) if request.method not in READING else None
    if alone:
        return None
    return _waiting(request) if viewer is None or viewer.partner.state != PartnerState.ACTIVE else None


def _refused(request: Any) -> HttpResponse:
    return TemplateResponse(request, "portal/reading.html", status=403)


def _waiting(request: Any) -> HttpResponse:
    from clicktrail.control.portal.standing import standing_of

    return TemplateResponse(request, "portal/waiting.html", {"standing": standing_of(request)})
