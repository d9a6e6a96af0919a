"""The outbox as a Django app."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "clicktrail.control.outbox"
    label = "outbox"
    verbose_name = "Deliveries"
