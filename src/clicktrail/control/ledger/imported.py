"""ClickIDs of another system: which clicks of ours they are."""

from collections.abc import Iterable

from clicktrail.control.ledger.models import ImportedClick
from clicktrail.core.clickid import Checks
from clicktrail.core.foreign import is_importable


def known(texts: Iterable[str]) -> dict[str, int]:
    """ClickID of another system -> click, for those that were imported; one query."""
    wanted = [text for text in texts if is_importable(text)]
    if not wanted:
        return {}
    return dict(ImportedClick.objects.filter(pk__in=wanted).values_list("clickid", "click_id"))


def click_id_of(text: str, checks: Checks) -> int | None:
    """The click that a ClickID means, as the engine finds it: what was imported first, then form and check."""
    found = known([text]).get(text)
    return checks.read(text) if found is None else found


def foreign_of(clicks: Iterable[int]) -> dict[int, str]:
    """Click -> the ClickID that another system gave it."""
    rows = ImportedClick.objects.filter(click_id__in=list(clicks))
    return dict(rows.values_list("click_id", "clickid"))
