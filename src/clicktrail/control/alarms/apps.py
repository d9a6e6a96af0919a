"""Alarms as a Django app."""

from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    name = "clicktrail.control.alarms"
    label = "alarms"
    verbose_name = "Alarms"
