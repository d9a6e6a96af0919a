"""The integration assistant as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssistantConfig(AppConfig):
    name = "clicktrail.control.assistant"
    label = "assistant"
    verbose_name = _("Integration assistant")
