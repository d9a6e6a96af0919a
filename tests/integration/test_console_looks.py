"""Second looks in the console: try a call, judge again, conflicts, share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from support.office import Office, office
from support.scribe import MID_HOUR_MS, Scribe

LOG = "/ledger/postback/"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as found:
        yield found


def call(desk: Office, tid: str, clickid: str = "", **params: str) -> int:
    with Scribe(desk.settings.data, 2) as scribe:
        made = scribe.order(tid, clickid, **params)
        scribe.write(made)
    desk.judge()
    return made.id


def test_try_a_call_by_its_address(desk: Office) -> None:
    desk.orders("ORDER-1")
    address = f"https://track.example/get_trans.cgi?cpid=1&tid=NEW&clickid={desk.clickids['ORDER-1']}&umsatz=95,50"
    page = desk.post(f"{LOG}try/", address=address, caller="shop", cpid="1")
    assert "It would be saved and credited to partner 7 (Anna <b>) with 9.55 EUR." in page.text
    assert "Product 'Sale' pays 10 % of 95.50 EUR, so 9.55 EUR." in page.text
    assert "Approved for this product since 20" in page.text
    assert "NEW" not in desk.get(LOG).text, "nothing was written"


def test_try_a_call_by_its_fields(desk: Office) -> None:
    page = desk.post(f"{LOG}try/", address="", caller="house", cpid="1", tid="X", produkt="sale", umsatz="1", pid="7")
    assert "The product is called 'Sale', you sent 'sale'." in page.text
    assert "It would be discarded: unknown_product." in page.text


def test_judge_again_from_the_log(desk: Office) -> None:
    from clicktrail.control.catalog.models import Partner

    Partner.objects.create(pk=8, name="Bert")
    number = call(desk, "ORDER-8", pid="8")
    assert "0 of 1 would be saved" in desk.get(f"{LOG}again/", reason="not_approved").text
    from clicktrail.control.catalog.models import Approval

    Approval.objects.create(partner_id=8, program_id=1)
    ticked = desk.post(LOG, action="judge_again", _selected_action=str(number))
    assert ticked.address == f"{LOG}again/" and "1 of 1 would be saved" in ticked.text
    assert "Revenue 100.00 EUR, commission 10.00 EUR" in ticked.text
    done = desk.post(f"{LOG}again/", calls=str(number), reason="", text="")
    assert "0 of 1 judged" in done.text and 'http-equiv="refresh"' in done.html
    desk.judge()
    shown = desk.get(done.address)
    assert "1 of 1 judged" in shown.text and "Saved as transaction 1 for partner 8 (Bert)" in shown.text
    page = desk.get(f"{LOG}{number}/change/")
    assert "Judged again as" in page.text and "Not approved" in page.text
    assert "No discarded call matches." in desk.get(f"{LOG}again/", reason="not_approved").text


def test_judge_again_all_that_the_list_is_narrowed_to(desk: Office) -> None:
    number = call(desk, "ORDER-8", pid="99")
    call(desk, "ORDER-9")
    page = desk.post(f"{LOG}?reason=unknown_partner&program=1", action="judge_again", select_across="1",
                     _selected_action=str(number))  # fmt: skip
    assert page.address == f"{LOG}again/" and "0 of 1 would be saved" in page.text
    assert "ORDER-8" in page.text and "ORDER-9" not in page.text


@pytest.mark.parametrize("days", [{"since": "0001-01-01"}, {"until": "9999-12-31"}])
def test_from_the_first_day_there_is_to_the_last(desk: Office, days: dict[str, str]) -> None:
    """In Tokyo the first of them begins before there is time to count, and nothing comes after the last."""
    call(desk, "ORDER-1", cpid="5", pid="99")
    page = desk.get(f"{LOG}again/", program="5", **days)
    assert page.status == 200 and "ORDER-1" in page.text


def test_a_conflict_is_decided_once(desk: Office) -> None:
    desk.orders("ORDER-1")
    number = call(desk, "ORDER-1", desk.clickids["ORDER-1"], umsatz="80")
    inbox = desk.get(f"{LOG}conflicts/")
    assert "1 undecided" in inbox.text and "Revenue: 100.00 EUR → 80.00 EUR" in inbox.text
    page = desk.get(f"{LOG}conflicts/{number}/")
    for part in ("100.00 EUR", "80.00 EUR", "Differs", "How the transaction came", "How the call came"):
        assert part in page.text, part
    assert "This field is required" in desk.post(f"{LOG}conflicts/{number}/", choice="correct", reason="").text
    done = desk.post(f"{LOG}conflicts/{number}/", choice="correct", reason="part return")
    assert "The transaction was corrected." in done.text and "Nothing to decide." in done.text
    assert "80.00 EUR" in desk.get("/ledger/transaction/1/change/").text
    second = desk.post(f"{LOG}conflicts/{number}/", choice="keep", reason="too late")
    assert "was decided already by mona" in second.text and "part return" in second.text


def test_conflicts_are_kept_at_once_and_counted_in_the_menu(desk: Office) -> None:
    desk.orders("ORDER-1", "ORDER-2")
    numbers = [call(desk, tid, desk.clickids[tid], umsatz="80") for tid in ("ORDER-1", "ORDER-2")]
    assert "Conflicts 2 science" in desk.get(f"{LOG}try/").text
    assert "Tick at least one" in desk.post(f"{LOG}conflicts/keep/", reason="tests").text
    page = desk.post(f"{LOG}conflicts/keep/", call=numbers, reason="tests")
    assert "2 decided: what is there stays as it is." in page.text
    assert "Conflicts science" in desk.get(f"{LOG}try/").text


def probes(desk: Office, tids: tuple[str, ...], ip: str = "203.0.113.0") -> list[int]:
    """Calls of orders that exist, with another amount and no proof, all in the middle of this hour."""
    with Scribe(desk.settings.data, 2) as scribe:
        made = [structs.replace(scribe.order(tid, "x", umsatz="1"), ip=ip, at_ms=MID_HOUR_MS) for tid in tids]
        scribe.write(*made)
    desk.judge()
    return [each.id for each in made]


def test_a_group_of_conflicts_is_one_line_and_one_decision(desk: Office) -> None:
    desk.orders("ORDER-1", "ORDER-2")
    listed, *others = probes(desk, ("ORDER-1", "ORDER-2") * 15)
    inbox = desk.get(f"{LOG}conflicts/")
    assert "1 undecided" in inbox.text and "stands for 30 conflicts" in inbox.text
    assert "1 conflict to decide" in desk.get("/").text, "Home counts a group once"
    page = desk.get(f"{LOG}conflicts/{listed}/")
    assert "This call stands for 30 conflicts" in page.text
    assert "from the network 203.0.113.0 within one hour" in page.text
    assert "The newest 20 are shown" in page.text and str(others[-1]) in page.text and str(others[5]) not in page.text
    member = desk.get(f"{LOG}conflicts/{others[3]}/")
    assert "stands for" not in member.text and "Keep" in member.text
    done = desk.post(f"{LOG}conflicts/keep/", call=[listed], reason="somebody guesses")
    assert "1 decided" in done.text and "Nothing to decide." in done.text
    assert "conflict to decide" not in desk.get("/").text
    probes(desk, ("ORDER-1",))
    assert "1 undecided" in desk.get(f"{LOG}conflicts/").text


def test_share_and_take_back(desk: Office) -> None:
    desk.orders("ORDER-1")
    page = desk.post(f"{LOG}share/", what="ORDER-1", days="7", partner="7")
    link = page.html.partition("/share/")[2]
    token = page.html[page.html.index("127.0.0.1:") :].partition("/share/")[2].partition("<")[0]
    assert link and desk.get(f"/share/{token}").status == 200
    listed = desk.get(f"{LOG}share/", what="ORDER-1")
    assert "Partner 7" in listed.text and token not in listed.html
    desk.post(f"{LOG}share/1/revoke/", what="ORDER-1")
    assert desk.get(f"/share/{token}").status == 404
    assert "Nothing is known" in desk.post(f"{LOG}share/", what="NONE", days="7", partner="").text


def test_strangers_see_none_of_it(desk: Office) -> None:
    from django.test import Client

    stranger = Client(SERVER_NAME="localhost")
    for page in ("try/", "again/", "conflicts/", "share/"):
        assert stranger.get(f"{LOG}{page}").status_code == 302
