"""The console as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    name = "clicktrail.control.console"
    label = "console"
    verbose_name = _("Console")

    def ready(self) -> None:
        from clicktrail.control.console.naming import name_all

        name_all()
