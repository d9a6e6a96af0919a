"""The integration assistant as a Django app."""

from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "clicktrail.control.assistant"
    label = "assistant"
    verbose_name = "Integration assistant"
