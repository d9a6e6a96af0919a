"""Addresses of version 1: its routes, its document, its page."""

from django.urls import path

from clicktrail.control.api.documents import docs_page, document
from clicktrail.control.api.v1 import api

routes, _, _ = api.urls
urlpatterns = [
    path("openapi.json", document, name="document"),
    path("docs", docs_page, name="docs"),
    *routes,
]
