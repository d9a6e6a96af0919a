"""The catalog as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    name = "clicktrail.control.catalog"
    label = "catalog"
    verbose_name = _("Catalog")

    def ready(self) -> None:
        from clicktrail.control.catalog.edits import watch_deletions

        watch_deletions()
