"""What models and their fields are called in the language of who reads.

Set when the console starts: a name is no matter of tables, and the engine knows no languages.
"""

from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

OURS = "clicktrail."

MODELS = {
    "program": (_("program"), _("programs")),
    "commission product": (_("commission product"), _("commission products")),
    "click target": (_("click target"), _("click targets")),
    "creative": (_("creative"), _("creatives")),
    "partner": (_("partner"), _("partners")),
    "approval": (_("approval"), _("approvals")),
    "partner rate": (_("partner rate"), _("partner rates")),
    "transaction": (_("transaction"), _("transactions")),
    "receiver": (_("receiver"), _("receivers")),
    "delivery": (_("delivery"), _("deliveries")),
    "alarm": (_("alarm"), _("alarms")),
    "alarm rule": (_("alarm rule"), _("alarm rules")),
    "order list": (_("order list"), _("reconcile")),
    "API key": (_("API key"), _("API keys")),
}
FIELDS = {
    "actor": _("by whom"),
    "address": _("address"),
    "alias": _("alias"),
    "click lifetime days": _("click lifetime days"),
    "click parameter": _("click parameter"),
    "creative": _("creative"),
    "currency": _("currency"),
    "deeplink hosts": _("deeplink hosts"),
    "default product": _("default product"),
    "discards on": _("discards on"),
    "kind": _("kind"),
    "least usual": _("least usual"),
    "method": _("method"),
    "name": _("name"),
    "partner": _("partner"),
    "percent ppm": _("percent"),
    "fixed minor": _("fixed amount"),
    "product": _("product"),
    "program": _("program"),
    "programs": _("programs"),
    "quiet days": _("quiet days"),
    "quiet from": _("quiet from"),
    "quiet to": _("quiet to"),
    "sensitivity": _("sensitivity"),
    "silence on": _("silence on"),
    "state": _("state"),
    "target": _("target"),
    "time zone": _("time zone"),
    "triggers": _("events"),
    "url": _("address"),
}


def name_all() -> None:
    for model in apps.get_models():
        if model.__module__.startswith(OURS):
            _name(model._meta)


def _name(options: Any) -> None:
    if found := MODELS.get(str(options.verbose_name)):
        options.verbose_name, options.verbose_name_plural = found
    for field in options.fields:
        field.verbose_name = FIELDS.get(str(field.verbose_name), field.verbose_name)
