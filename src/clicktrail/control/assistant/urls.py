"""Addresses of the assistant, below `/assistant/`."""

from django.contrib.admin import site
from django.urls import path

from clicktrail.control.assistant import pages

inside = site.admin_view
RUN = "test/<int:number>/<int:creative>/<str:word>"

urlpatterns = [
    path("", inside(pages.assistant), name="assistant"),
    path("test/", inside(pages.begin), name="assistant_begin"),
    path(f"{RUN}/", inside(pages.test), name="assistant_test"),
    path(f"{RUN}/lights/", inside(pages.lights), name="assistant_lights"),
]
