"""Second looks as a Django app."""

from django.apps import AppConfig


class SecondLooksConfig(AppConfig):
    name = "clicktrail.control.secondlooks"
    label = "secondlooks"
    verbose_name = "Second looks"
