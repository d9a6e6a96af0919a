"""What every page of the portal shows: its menu."""

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

register = template.Library()

MENU = (
    ("overview", _("Overview")),
    ("links", _("Links and banners")),
    ("deeplink", _("Deeplink")),
    ("transactions", _("Transactions")),
    ("reports", _("Reports")),
    ("postbacks", _("Postback")),
    ("account", _("Account")),
)
OWN = ("account",)
"""Nobody of the house looks at these."""


@register.simple_tag(takes_context=True)
def portal_menu(context: Any) -> list[dict[str, Any]]:
    request = context["request"]
    viewer = getattr(request, "viewer", None)
    names = [(name, title) for name, title in MENU if not (viewer and viewer.by and name in OWN)]
    return [item for name, title in names for item in _item(name, title, request.path)]


def _item(name: str, title: Any, path: str) -> list[dict[str, Any]]:
    try:
        address = reverse(f"portal:{name}")
    except NoReverseMatch:
        return []
    is_current = path == address or (name != "overview" and path.startswith(address))
    return [{"title": title, "address": address, "is_current": is_current}]
