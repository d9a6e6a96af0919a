"""Reconciling as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReconcileConfig(AppConfig):
    name = "clicktrail.control.reconcile"
    label = "reconcile"
    verbose_name = _("Transactions")
