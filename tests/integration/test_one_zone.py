"""All times of a page are in one zone: the viewer's, else the program's; also those in the sentences of a story."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from support.observe import until
from support.office import Office, office

ANNA = 7
PAGES = ("/ledger/transaction/1/change/", "/ledger/postback/{call}/change/", "/ledger/postback/")
TIME = re.compile(r"\d\d:\d\d(?::\d\d)?(?:\.\d+)? ([A-Z]{3,4}|[+-]\d\d)\b")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("zone") / "data") as made:
        made.orders("Z-1", cpid="1", produkt="Lead")
        made.orders("Z-1", cpid="1", produkt="Other")
        yield made


@pytest.fixture(params=["", "Asia/Tokyo", "UTC"])
def zone(request: pytest.FixtureRequest, desk: Office) -> str:
    from clicktrail.control.accounts.models import Account

    Account.objects.update(time_zone=request.param)
    return {"": "CET|CEST", "Asia/Tokyo": "JST", "UTC": "UTC"}[request.param]


def _zones(page: str) -> set[str]:
    shown = re.sub(r"<(script|style|head|svg).*?</\1>", "", page, flags=re.DOTALL)
    return set(TIME.findall(" ".join(html.unescape(re.sub(r"<[^>]*>", " ", shown)).split())))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_the_console_has_one_zone(desk: Office, zone: str, page: str) -> None:
    from clicktrail.control.ledger.models import Postback

    first = Postback.objects.order_by("id").values_list("pk", flat=True)[0]
    found = desk.get(page.format(call=first))
    zones = _zones(found.html)
    if page.endswith("postback/") and zone == "CET|CEST":
        assert zones == {"UTC"}, "a list of several programs, for a viewer without a zone"
    else:
        assert len(zones) == 1 and re.fullmatch(zone, *zones), found.text
    if "change" in page:
        assert "Received" in found.text and "Clicked" in found.text, "the sentences are among them"


def test_a_page_of_the_portal_has_one_zone(desk: Office) -> None:
    from django.test import Client

    from clicktrail.control.accounts.models import Account, Role

    client = Client(SERVER_NAME="localhost")
    known = {"role": Role.PARTNER, "partner_id": ANNA, "time_zone": "Asia/Tokyo"}
    client.force_login(Account.objects.create_user("anna@x.example", **known))
    assert _zones(client.get("/partner/transactions/1/").content.decode()) == {"JST"}


def test_a_shared_story_is_in_the_zone_of_the_program(desk: Office) -> None:
    from django.test import Client

    shared = desk.post("/ledger/postback/share/", what="Z-1", program="1", days="30")
    address = re.search(r"/share/([\w.-]+)", shared.html)
    assert address, shared.text
    zones = _zones(Client(SERVER_NAME="localhost").get(address[0]).content.decode())
    assert len(zones) == 1 and zones <= {"CET", "CEST"}


def test_the_log_is_in_the_order_of_arrival_imports_included(desk: Office) -> None:
    """An order of last year that is imported now arrived now: it stands between the calls before and after it."""
    from clicktrail.control.intake import intake
    from clicktrail.control.ledger.models import Postback

    def order(tid: str) -> dict[str, str]:
        return {"cpid": "1", "tid": tid, "pid": str(ANNA), "produkt": "Lead"}

    hand_in = intake(desk.settings)
    with desk.engine_running():
        hand_in.hand_in(order("LIVE-1"), "console", "mona", 1)
        hand_in.hand_in_orders([(order("OLD-1"), 1_700_000_000_000)], "mona", 1)
        hand_in.hand_in(order("LIVE-2"), "console", "mona", 1)
        until(lambda: Postback.objects.filter(tid="LIVE-2").exists(), 20, "the orders are judged")
    tids = ["LIVE-2", "OLD-1", "LIVE-1"]
    rows = list(Postback.objects.filter(tid__in=tids).order_by("-id").values_list("tid", "at_ms"))
    assert [tid for tid, _ in rows] == tids
    assert rows == sorted(rows, key=lambda row: -row[1]), "the times that the list shows fall from row to row"
    text: Any = desk.get("/ledger/postback/").text
    assert text.index("LIVE-2") < text.index("OLD-1") < text.index("LIVE-1")
