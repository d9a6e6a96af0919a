"""Reports as a Django app: their pages' templates and files, and what their questions want of a connection."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "clicktrail.control.reports"
    label = "reports"

    def ready(self) -> None:
        from clicktrail.control.reports import room

        room.watch()
