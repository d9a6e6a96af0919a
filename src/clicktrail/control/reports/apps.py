"""Reports as a Django app: their pages' templates and files."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "clicktrail.control.reports"
    label = "reports"
