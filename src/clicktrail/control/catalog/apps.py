"""The catalog as a Django app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "clicktrail.control.catalog"
    label = "catalog"
    verbose_name = "Catalog"

    def ready(self) -> None:
        from clicktrail.control.catalog.edits import watch_deletions

        watch_deletions()
