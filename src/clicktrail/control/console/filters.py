"""Filters of the lists: program, partner, days."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter
from unfold.contrib.filters.forms import RangeDateForm

from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.catalog.models import Partner, Program
from clicktrail.control.console.daybounds import day_bounds, read_day
from clicktrail.core.ids import read_id

MOST_CHOICES = 2000


class ProgramFilter(DropdownFilter):
    title = "program"
    parameter_name = "program"
    column = "program_id"

    def lookups(self, request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        rows = rights_of(request).narrowed(Program.objects.order_by("name"), "pk")
        return [(str(number), f"{name} ({number})") for number, name in rows.values_list("pk", "name")[:MOST_CHOICES]]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        number = read_id(self.value())
        return queryset.filter(**{self.column: number}) if number else queryset


class PartnerFilter(DropdownFilter):
    title = "partner"
    parameter_name = "partner"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        rows = Partner.objects.order_by("name").values_list("pk", "name")[:MOST_CHOICES]
        return [(str(number), f"{name} ({number})") for number, name in rows]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        number = read_id(self.value())
        return queryset.filter(partner_id=number) if number else queryset


class DayFilter(admin.ListFilter):
    """From one day to another, both included, in the zone of the chosen program or of the only one."""

    title = "day"
    template = "unfold/filters/filters_date_range.html"
    form_class = RangeDateForm
    parameter_name = "day"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.zone = zone_of(request)
        self.title = f"day ({self.zone})"
        for name in self.expected_parameters():
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return ["day_from", "day_to"]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        since, before = day_bounds(self._day("day_from"), self._day("day_to"), self.zone)
        if since is not None:
            queryset = self.since(queryset, since)
        if before is not None:
            queryset = self.before(queryset, before)
        return queryset

    since: Callable[..., QuerySet]
    before: Callable[..., QuerySet]

    def choices(self, _changelist: Any) -> Iterator[dict[str, Any]]:
        yield {
            "parameter_name": self.parameter_name,
            "form": self.form_class(name=self.parameter_name, data=dict(self.used_parameters)),
        }

    def _day(self, name: str) -> date | None:
        return read_day(str(self.used_parameters.get(name) or ""))


def zone_of(request: HttpRequest) -> str:
    """Of the program that is filtered by, or of the only one; else UTC."""
    rows = rights_of(request).narrowed(Program.objects.order_by("pk"), "pk")
    number = read_id(request.GET.get("program"))
    zones = list((rows.filter(pk=number) if number else rows).values_list("time_zone", flat=True)[:2])
    return zones[0] if len(zones) == 1 else "UTC"
