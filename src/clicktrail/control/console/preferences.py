"""In which language and time zone the pages speak to somebody: chosen under My account."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from clicktrail.control.catalog.rules import zones
from clicktrail.control.console.longselect import LongSelect


class PreferencesForm(forms.Form):
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False, widget=UnfoldAdminSelectWidget)
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        widget=LongSelect,
        help_text=gettext_lazy("Of the times on your pages. Days in reports begin and end in the program's own zone."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        as_browser = ("", _("As the browser says"))
        known = ["UTC", *sorted(zone for zone in zones() if "/" in zone)]
        self.fields["language"].choices = [as_browser, *settings.LANGUAGES]  # type: ignore[attr-defined]
        named = [(zone, zone.replace("_", " ")) for zone in known]
        self.fields["time_zone"].choices = [as_browser, *named]  # type: ignore[attr-defined]

    @staticmethod
    def of(account: Any) -> "PreferencesForm":
        return PreferencesForm(initial={"language": account.language, "time_zone": account.time_zone})

    def keep(self, account: Any) -> None:
        account.language, account.time_zone = self.cleaned_data["language"], self.cleaned_data["time_zone"]
        account.save(update_fields=["language", "time_zone"])
