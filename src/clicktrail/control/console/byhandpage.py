"""The page on which a transaction is created by hand."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.console import byhand
from clicktrail.control.console.choices import narrow


def view_of(model_admin: Any) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        rights = rights_of(request)
        rights.must_edit()
        form = narrow(byhand.ByHandForm(request.POST or None), rights)
        if request.method == "POST" and form.is_valid():
            outcome = byhand.create(form.params(), request.user.get_username())
            messages.add_message(request, outcome.level, outcome.sentence)
            if outcome.address:
                return HttpResponseRedirect(outcome.address)
        context = {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "title": _("Create a transaction by hand"),
            "form": form,
        }
        return TemplateResponse(request, "console/by_hand.html", context)

    return view
