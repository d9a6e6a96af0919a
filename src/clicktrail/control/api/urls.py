"""Addresses below `/api/`. Nothing of them falls through to the console, which would ask a program to sign in."""

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from clicktrail.control.api.documents import docs_page, document
from clicktrail.control.api.problems import Fault, answer
from clicktrail.control.api.v1 import api


@csrf_exempt
def nowhere(_request: HttpRequest, **_: object) -> HttpResponse:
    return answer(Fault("no_route", "There is no route under this address."))


urlpatterns = [
    path("v1/openapi.json", document, name="api-document"),
    path("v1/docs", docs_page, name="api-docs"),
    path("v1/", api.urls),
    re_path("", nowhere),
]
