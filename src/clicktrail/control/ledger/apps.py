"""The ledger as a Django app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "clicktrail.control.ledger"
    label = "ledger"
    verbose_name = "Transactions"
