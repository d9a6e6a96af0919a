"""Addresses of the console."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import path, reverse_lazy
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(url=reverse_lazy("admin:ledger_transaction_changelist"))),
    path("favicon.ico", RedirectView.as_view(url=static("console/icon.svg"))),
    path("", admin.site.urls),
]
