"""Second looks as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SecondLooksConfig(AppConfig):
    name = "clicktrail.control.secondlooks"
    label = "secondlooks"
    verbose_name = _("Second looks")
