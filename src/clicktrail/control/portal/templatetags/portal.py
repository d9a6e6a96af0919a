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
ICONS = {
    "overview": "M3 10.5 10 4l7 6.5M5 9v7h10V9",
    "links": "M8 12l4-4M9 6.5 10.5 5A3.2 3.2 0 0 1 15 9.5L13.5 11M11 13.5 9.5 15A3.2 3.2 0 0 1 5 10.5L6.5 9",
    "deeplink": "M5 15 15 5M8 5h7v7",
    "transactions": "M4 5.5h12M4 10h12M4 14.5h8",
    "reports": "M4.5 16V9M10 16V4m5.5 12v-5",
    "postbacks": "M3.5 10h10M10 6l4 4-4 4M16.5 4v12",
    "account": "M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM4 16.5c.8-2.6 3-4 6-4s5.2 1.4 6 4",
}
"""Lines of a picture of 20 by 20."""
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
    return [{"title": title, "address": address, "is_current": is_current, "icon": ICONS[name]}]
