"""The partner portal as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "clicktrail.control.portal"
    label = "portal"
    verbose_name = _("Partner portal")
