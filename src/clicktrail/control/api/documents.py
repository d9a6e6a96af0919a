"""The OpenAPI document and the page to try it: for everybody, because it holds nothing of this installation."""

import json
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clicktrail.control.policy import STRICT

MAX_AGE_S = 300
POLICY = STRICT.replace("img-src 'self'", "img-src 'self' data:")
"""Swagger's style sheet has its arrows and locks in itself."""


@require_safe
def document(_request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1."""
    response = HttpResponse(_document(), content_type="application/json")
    response["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    return response


@require_safe
def docs_page(request: HttpRequest) -> HttpResponse:
    """Swagger's page, all of it from here: no script of it is inline, and nothing comes from another host."""
    response = render(request, "api/docs.html")
    response.content_policy = POLICY  # type: ignore[attr-defined]
    return response


@lru_cache(maxsize=1)
def _document() -> bytes:
    from clicktrail.control.api.v1 import api

    return json.dumps(api.get_openapi_schema()).encode()
