"""Addresses of the API. Nothing of them falls through to the console, which would ask a program to sign in."""

from django.urls import path, re_path

from clicktrail.control.api.documents import docs_page, document
from clicktrail.control.api.outside import nowhere
from clicktrail.control.api.v1 import api

urlpatterns = [
    path("v1/openapi.json", document, name="api-document"),
    path("v1/docs", docs_page, name="api-docs"),
    path("v1/", api.urls),
    re_path(r"^v[0-9]+(?:/|$)", nowhere),
]
