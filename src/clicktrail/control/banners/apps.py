"""Banners as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BannersConfig(AppConfig):
    name = "clicktrail.control.banners"
    label = "banners"
    verbose_name = _("Banners")
