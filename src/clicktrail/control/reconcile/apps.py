"""Reconciling as a Django app."""

from django.apps import AppConfig


class ReconcileConfig(AppConfig):
    name = "clicktrail.control.reconcile"
    label = "reconcile"
    verbose_name = "Transactions"
