"""Version 1 of the API, put together: its nouns, its document, its page."""

from typing import Any

from ninja import NinjaAPI, Router
from ninja.constants import NOT_SET

from clicktrail import __version__
from clicktrail.control.api import (
    adjustments,
    alarms,
    approvals,
    callkeys,
    calls,
    clicks,
    conflicts,
    creatives,
    deliveries,
    dryruns,
    keyring,
    partners,
    postbacks,
    products,
    programs,
    rates,
    receivers,
    rejudgings,
    reports,
    shares,
    targets,
    traces,
    transactions,
)
from clicktrail.control.api.guard import StrictParser, watch
from clicktrail.control.api.problems import MEDIA_TYPE

ABOUT = (
    "All that the console can do. Send `Authorization: Bearer ct_…`; money is a text with the currency's decimals, "
    "times are ISO 8601 in UTC, errors are problem details (RFC 9457) with a code that stays."
)
NOUNS: dict[str, Router] = {
    "/programs": programs.router,
    "/partners": partners.router,
    "/creatives": creatives.router,
    "/targets": targets.router,
    "/products": products.router,
    "/approvals": approvals.router,
    "/rates": rates.router,
    "/transactions": transactions.router,
    "/adjustments": adjustments.router,
    "/postbacks": postbacks.router,
    "/log": calls.router,
    "/clicks": clicks.router,
    "/traces": traces.router,
    "/reports": reports.router,
    "/keys": keyring.router,
    "/postbacks/dry-run": dryruns.router,
    "/rejudgings": rejudgings.router,
    "/conflicts": conflicts.router,
    "/shares": shares.router,
    "/receivers": receivers.router,
    "/deliveries": deliveries.router,
    "/alarms": alarms.router,
}
HEADERS = {
    name: {"description": about, "schema": {"type": "integer"}}
    for name, about in {
        "RateLimit-Limit": "Requests a minute that this key may send.",
        "RateLimit-Remaining": "How many it may send at once just now.",
        "RateLimit-Reset": "Seconds until it may send all of them at once again.",
    }.items()
}


class VersionOne(NinjaAPI):
    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Any:
        """As ninja makes it, with errors under their own media type."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for operations in document["paths"].values():
            for operation in operations.values():
                for status, told in operation["responses"].items():
                    _mend(int(status), told)
        return document


def _mend(status: int, told: dict[str, Any]) -> None:
    if status >= 400 and "application/json" in told.get("content", {}):
        told["content"] = {MEDIA_TYPE: told["content"].pop("application/json")}
    if status != 401:
        told["headers"] = HEADERS


def make() -> NinjaAPI:
    made = VersionOne(
        title="Clicktrail",
        version=__version__,
        description=ABOUT,
        urls_namespace="api-v1",
        parser=StrictParser(),
        docs_url=None,
        openapi_url=None,
        auth=NOT_SET,
    )
    for path, router in (*NOUNS.items(), ("/programs", callkeys.router)):
        made.add_router(path, router)
    watch(made)
    return made


api = make()
