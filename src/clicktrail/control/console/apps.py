"""The console as a Django app."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "clicktrail.control.console"
    label = "console"
    verbose_name = "Console"
