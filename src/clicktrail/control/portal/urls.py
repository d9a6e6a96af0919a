"""Addresses of the partner portal. Whoever adds a page wraps it in `inside`; a test asks each for another's data."""

from django.urls import path

from clicktrail.control.portal import overview
from clicktrail.control.portal.viewer import inside

app_name = "portal"

OPEN: list[object] = []
"""For who has no account yet."""

urlpatterns = [
    path("", inside(overview.overview), name="overview"),
    path("leave/", overview.leave, name="leave"),
]
