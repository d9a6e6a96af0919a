"""Banners as a Django app."""

from django.apps import AppConfig


class BannersConfig(AppConfig):
    name = "clicktrail.control.banners"
    label = "banners"
    verbose_name = "Banners"
