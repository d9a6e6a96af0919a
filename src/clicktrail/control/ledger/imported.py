"""ClickIDs of another system: which clicks of ours they are."""

from collections.abc import Iterable

from clicktrail.control.ledger.models import ImportedClick
from clicktrail.core.clickid import Checks, node_of, upper_clickid
from clicktrail.core.foreign import is_importable
from clicktrail.settings import IMPORT_NODE


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


def clicks_meant(text: str, checks: Checks) -> set[int]:
    """The same for whoever asks: where an imported ClickID has the form of ours, both."""
    return {id for id in (known([text]).get(text), checks.read(upper_clickid(text))) if id is not None}


def is_imported(id: int) -> bool:
    """Whether `clicktrail import` handed in this click or call: it has a node of its own."""
    return node_of(id) == IMPORT_NODE


def foreign_of(clicks: Iterable[int]) -> dict[int, str]:
    """Click -> the ClickID that another system gave it."""
    rows = ImportedClick.objects.filter(click_id__in=list(clicks))
    return dict(rows.values_list("click_id", "clickid"))
