"""The menu and the look of the console."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


def unfold() -> dict[str, Any]:
    """The setting UNFOLD."""
    return {
        "SITE_TITLE": "Clicktrail",
        "SITE_HEADER": "Clicktrail",
        "SITE_SUBHEADER": _("Partner programs"),
        "SITE_SYMBOL": "conversion_path",
        "SITE_URL": None,
        "SITE_FAVICONS": [
            {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("console/icon.svg")},
        ],
        "SHOW_VIEW_ON_SITE": False,
        "SHOW_HISTORY": False,
        "STYLES": [lambda _request: static("console/console.css")],
        "SCRIPTS": [lambda _request: static("console/console.js")],
        "BORDER_RADIUS": "8px",
        "COLORS": {"primary": PRIMARY},
        "ACCOUNT": {"navigation": [{"title": _("My account"), "link": reverse_lazy("mfa_index")}]},
        "GLOBAL_CALLBACK": "clicktrail.control.console.banner.banner",
        "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
    }


PRIMARY = {
    "50": "oklch(97.7% .014 236.6)",
    "100": "oklch(95.1% .026 236.8)",
    "200": "oklch(90.1% .058 230.9)",
    "300": "oklch(82.8% .111 230.3)",
    "400": "oklch(74.6% .16 232.7)",
    "500": "oklch(60% .145 241.0)",
    "600": "oklch(50% .134 242.7)",
    "700": "oklch(44.3% .11 240.8)",
    "800": "oklch(39.1% .09 240.9)",
    "900": "oklch(33% .066 243.2)",
    "950": "oklch(27% .056 245.0)",
}
"""A blue that keeps white text readable on it from 600 on."""


def _item(title: Promise, icon: str, page: str) -> dict[str, Any]:
    link = reverse_lazy(f"admin:{page}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": _asking(page)}


def _asking(page: str) -> Callable[[Any], bool]:
    """Whether who looks is let into that list; what is not for him is not in his menu."""

    def may(request: Any) -> bool:
        from django.contrib.admin import site

        model = apps.get_model(*page.split("_", 1))
        return bool(site.get_model_admin(model).has_module_permission(request))

    return may


CONFLICTS = "clicktrail.control.secondlooks.conflicts.badge"
"""Counts what somebody has to decide."""


def _is_log(request: Any) -> bool:
    """The log has other pages of the menu below its address."""
    below = request.path.partition("/ledger/postback/")
    return bool(below[1]) and not below[2].startswith(("try/", "conflicts/"))


def _is_assistant(request: Any) -> bool:
    """Its tests stand below its address."""
    return str(request.path).startswith("/assistant/")


def _view(title: Promise, icon: str, name: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{name}"), **more}


def _is_home(request: Any) -> bool:
    """Every other address lies below its own."""
    return request.path == "/"


NAVIGATION = [
    {
        "title": _("Overview"),
        "items": [
            {"title": _("Home"), "icon": "home", "link": reverse_lazy("home"), "active": _is_home},
            {"title": _("Reports"), "icon": "monitoring", "link": reverse_lazy("reports")},
        ],
    },
    {
        "title": _("Transactions"),
        "separator": True,
        "items": [
            _item(_("Edit"), "receipt_long", "ledger_transaction"),
            _item(_("Log"), "list_alt", "ledger_postback") | {"active": _is_log},
            _item(_("Alarms"), "notifications_active", "alarms_alarm")
            | {"badge": "clicktrail.control.console.banner.badge", "badge_variant": "danger", "badge_style": "solid"},
            _view(_("Conflicts"), "compare_arrows", "ledger_postback_conflicts", badge=CONFLICTS),
            _view(_("Try a call"), "science", "ledger_postback_try"),
            _item(_("Reconcile"), "rule", "reconcile_reconciliation"),
        ],
    },
    {
        "title": _("Set up"),
        "separator": True,
        "items": [
            {
                "title": _("Integration assistant"),
                "icon": "integration_instructions",
                "link": reverse_lazy("assistant"),
                "active": _is_assistant,
            },
        ],
    },
    {
        "title": _("Creatives"),
        "separator": True,
        "items": [
            _item(_("Creatives"), "ad_units", "catalog_creative"),
            _item(_("Click targets"), "ads_click", "catalog_clicktarget"),
        ],
    },
    {
        "title": _("Partners"),
        "separator": True,
        "items": [
            _item(_("Partners"), "group", "catalog_partner"),
            _item(_("Approvals"), "verified", "catalog_approval"),
            _item(_("Partner rates"), "percent", "catalog_partnerrate"),
            _item(_("Postbacks and webhooks"), "webhook", "outbox_receiver"),
            _item(_("Deliveries"), "outbox", "outbox_delivery"),
        ],
    },
    {
        "title": _("Programs"),
        "separator": True,
        "items": [
            _item(_("Programs"), "storefront", "catalog_program"),
            _item(_("Commission products"), "sell", "catalog_product"),
            _item(_("Alarm rules"), "tune", "alarms_alarmrule"),
        ],
    },
    {
        "title": _("Administration"),
        "separator": True,
        "items": [
            _item(_("People"), "manage_accounts", "accounts_account"),
            _item(_("Activity"), "history", "accounts_activity"),
            _item(_("Portal terms"), "gavel", "portal_terms"),
            _item(_("API keys"), "key", "api_apikey"),
            _item(_("Set aside"), "report", "ledger_setaside"),
        ],
    },
]
