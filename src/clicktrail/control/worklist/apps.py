"""What people keep of the list of transactions, and what they do to many of them at once."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorklistConfig(AppConfig):
    name = "clicktrail.control.worklist"
    label = "worklist"
    verbose_name = _("Worklist")
