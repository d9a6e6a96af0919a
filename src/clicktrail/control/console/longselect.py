"""A field to choose from hundreds: one template an option took longer than all the rest of the page."""

from typing import Any

from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget

MARKED = SafeString(" selected")


class LongSelect(UnfoldAdminSelectWidget):
    """Looks like unfold's own. Options without groups."""

    template_name = "console/long_select.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        chosen = set(self.format_value(value))
        options = ((key, MARKED if str(key) in chosen else "", label) for key, label in self.choices)
        written: SafeString = format_html_join("\n", '<option value="{}"{}>{}</option>', options)
        given = self.build_attrs(self.attrs, attrs) | {"name": name}
        return {"widget": {"select": format_html("<select{}>\n{}\n</select>", flatatt(given), written)}}
