"""The REST API as a Django app: its keys, and the answers it keeps for repeated writes."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "clicktrail.control.api"
    label = "api"
    verbose_name = _("API")
