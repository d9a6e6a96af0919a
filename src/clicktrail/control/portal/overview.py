"""The partner's first page; and the way out for who looks at it as somebody of the house."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.portal.viewer import AS_PARTNER


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "portal/overview.html", {})


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Back to the console; for everybody else there is nothing to leave."""
    number = request.session.pop(AS_PARTNER, None)
    if number is None or not rights_of(request).is_inside:
        return HttpResponseRedirect("/")
    return HttpResponseRedirect(reverse("admin:catalog_partner_change", args=[number]))
