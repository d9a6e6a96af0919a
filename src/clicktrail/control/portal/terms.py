"""The terms that partners accept: the version in force, and who has accepted it."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clicktrail import heartbeat
from clicktrail.control.console.cells import time_cell
from clicktrail.control.portal.models import Acceptance, Terms


def in_force() -> Terms | None:
    """The newest; None where nobody has written any."""
    return Terms.objects.order_by("-version").first()


def accept(account: int, version: int) -> None:
    Acceptance.objects.get_or_create(account_id=account, version=version, defaults={"at_ms": heartbeat.now_ms()})


def to_accept(account: int) -> Terms | None:
    """The version in force where this account has not said yes to it."""
    newest = in_force()
    if newest is None or Acceptance.objects.filter(account_id=account, version=newest.version).exists():
        return None
    return newest


@require_safe
def terms(request: HttpRequest, version: int | None = None) -> HttpResponse:
    """For anybody: a version, else the one in force."""
    row = in_force() if version is None else Terms.objects.filter(pk=version).first()
    if row is None:
        raise Http404(_("There are no such terms."))
    return TemplateResponse(request, "portal/terms.html", {"terms": row, "since": time_cell(row.at_ms)})


@require_POST
def accept_terms(request: HttpRequest) -> HttpResponse:
    newest = in_force()
    if newest is not None and request.POST.get("version") == str(newest.version):
        accept(request.user.pk, newest.version)
    return HttpResponseRedirect(reverse("portal:overview"))
