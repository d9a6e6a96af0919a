"""Accounts as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "clicktrail.control.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from clicktrail.control.accounts.sessions import note_origin
        from clicktrail.control.accounts.viewer import remember_zone

        user_logged_in.connect(note_origin, dispatch_uid="accounts.note_origin")
        user_logged_in.connect(remember_zone, dispatch_uid="accounts.remember_zone")
