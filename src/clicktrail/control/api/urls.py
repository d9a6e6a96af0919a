"""Addresses of the API. Nothing of them falls through to the console, which would ask a program to sign in."""

from django.urls import URLResolver, re_path
from django.urls.resolvers import RoutePattern

from clicktrail.control.api.outside import nowhere


class Later(URLResolver):
    """Addresses whose module is loaded when the first of them is called: all those shapes take a third of a start."""

    def _populate(self) -> None:
        """Not for the sake of other names: these have a namespace of their own."""


urlpatterns = [
    Later(RoutePattern("v1/"), "clicktrail.control.api.v1urls", app_name="api-v1", namespace="api-v1"),
    re_path(r"^v[0-9]+(?:/|$)", nowhere),
]
