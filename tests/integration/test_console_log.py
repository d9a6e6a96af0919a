"""Transactions -> Log: every call with its verdict, in words."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from support.office import MANAGER, Office, office
from support.scribe import Scribe

from clicktrail.core.callnumber import CallNumbers
from clicktrail.core.clickid import first_id
from clicktrail.journal.events import encode_batch

LIST = "/ledger/postback/"
ASIDE = "/ledger/setaside/"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as found:
        yield found


def call(desk: Office, **params: str) -> int:
    """One call that names no click; its log number."""
    with Scribe(desk.settings.data, 2) as scribe:
        made = scribe.order(params.pop("tid", "ORDER-9"), "", **params)
        scribe.write(made)
    desk.judge()
    return made.id


def test_saved_is_a_number_or_a_dash(desk: Office) -> None:
    desk.orders("ORDER-1")
    call(desk, tid="ORDER-2")
    page = desk.get(LIST)
    assert "ORDER-2 100.00 – Shop – No attribution The call carries neither a ClickID nor a partner" in page.text
    assert "ORDER-1 100.00 – Shop 1 Saved Saved as transaction 1 for partner 7 (Anna <b>)" in page.text
    assert 'href="/ledger/transaction/1/change/"' in page.html


def test_a_longer_log_takes_no_more_queries(desk: Office) -> None:
    desk.orders("ORDER-1", "ORDER-2")
    short = desk.get(LIST).queries
    desk.orders(*(f"ORDER-{n}" for n in range(3, 33)))
    long = desk.get(LIST)
    assert "ORDER-32" in long.text and "ORDER-3 " in long.text
    assert long.queries == short <= 15


def test_filter_by_reason_program_and_time(desk: Office) -> None:
    desk.orders("ORDER-1")
    call(desk, tid="ORDER-2")
    call(desk, tid="ORDER-3", pid="99")
    assert "ORDER-2" in desk.get(LIST, reason="no_attribution").text
    assert "ORDER-3" not in desk.get(LIST, reason="no_attribution").text
    unsaved = desk.get(LIST, reason="unsaved").text
    assert "ORDER-2" in unsaved and "ORDER-3" in unsaved and "ORDER-1" not in unsaved
    assert "ORDER-" not in desk.get(LIST, program="5").text
    assert "ORDER-" not in desk.get(LIST, until="2020-12-31T23:00").text
    assert "ORDER-1" in desk.get(LIST, **{"from": "2020-12-31T23:00"}).text
    assert "ORDER-1" in desk.get(LIST, until="no moment").text


NIGHT = {
    "SET-BACK-1": "2026-10-24T23:59", "SET-BACK-2": "2026-10-25T00:30", "SET-BACK-3": "2026-10-25T01:30",
    "SET-BACK-4": "2026-10-25T02:00", "FORWARD-1": "2026-03-29T00:59", "FORWARD-2": "2026-03-29T01:00",
}  # fmt: skip
"""Order number -> when its call came, by UTC: in Berlin 01:59, twice 02:30, 03:00; 01:59, 03:00."""


def came(desk: Office, tid: str, at: str) -> None:
    from clicktrail.control.ledger.models import Postback

    at_ms = int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()) * 1000
    Postback.objects.filter(pk=call(desk, tid=tid)).update(id=first_id(at_ms), at_ms=at_ms)


def test_filter_by_the_hour_in_the_nights_in_which_clocks_change(desk: Office) -> None:
    """By the program's clock, and by the viewer's where that is known; the address is all that is needed again."""
    for tid, at in NIGHT.items():
        came(desk, tid, at)

    def found(since: str, until: str) -> set[str]:
        page = desk.get(LIST, program="1", until=until, **{"from": since})
        assert f'name="from" value="{since}"' in page.html and f'name="until" value="{until}"' in page.html
        return {tid for tid in NIGHT if tid in page.text}

    assert found("2026-10-25T02:00", "2026-10-25T03:00") == {"SET-BACK-2", "SET-BACK-3"}, "that hour comes twice"
    assert found("2026-10-25T03:00", "") == {"SET-BACK-4"}
    assert found("2026-03-29T01:00", "2026-03-29T02:30") == {"FORWARD-1"}, "there is no half past two"
    assert found("2026-03-29T02:30", "2026-03-29T04:00") == {"FORWARD-2"}
    account("time_zone", "America/New_York")
    assert found("2026-10-24T20:00", "2026-10-24T21:00") == {"SET-BACK-2"}, "four hours behind UTC"
    assert "Time in the time zone America/New_York" in desk.get(LIST).html


def account(name: str, value: str) -> None:
    from clicktrail.control.accounts.models import Account

    Account.objects.filter(username=MANAGER).update(**{name: value})


def test_judging_again_takes_over_the_hours(desk: Office) -> None:
    account("language", "de")
    for tid in ("SET-BACK-1", "SET-BACK-2"):
        came(desk, tid, NIGHT[tid])
    hours = {"from": "2026-10-25T02:00", "until": "2026-10-25T03:00", "program": "1"}
    assert "Zeiten in der Zeitzone Europe/Berlin" in desk.get(LIST, **hours).html
    page = desk.post(f"{LIST}?{urlencode(hours)}", action="judge_again", select_across="1")
    assert page.address == f"{LIST}again/" and "SET-BACK-2" in page.text and "SET-BACK-1" not in page.text
    assert 'value="2026-10-25T02:00"' in page.html


def test_search(desk: Office) -> None:
    desk.orders("ORDER-1", "ORDER-2")
    number = call(desk, tid="ORDER-3")
    nobody = call(desk, tid="ORDER-4", cpid="")
    assert nobody
    for term, wanted in (
        ("ORDER-3", "ORDER-3"),
        (str(number), "ORDER-3"),
        (CallNumbers(bytes(32)).text(number), "ORDER-3"),
        (desk.clickids["ORDER-2"], "ORDER-2"),
        ("1", "ORDER-1"),
        ("ORDER-4", "ORDER-4"),
    ):
        text = desk.get(LIST, q=term).text
        found = {f"ORDER-{n}" for n in range(1, 5) if f"ORDER-{n} 100.00" in text}
        assert found == {wanted}, term


def test_every_reason_has_words_to_filter_by(desk: Office) -> None:
    from clicktrail.core.reasons import REASONS

    page = desk.get(LIST)
    for code in REASONS:
        assert f'value="{code}"' in page.html


def test_one_call_shows_what_came_and_what_became_of_it(desk: Office) -> None:
    number = call(desk, tid="ORDER-1", note="<script>alert(1)</script>", password="hunter2")
    page = desk.get(f"{LIST}{number}/change/")
    assert "<script>alert(1)</script>" in page.text and "<script>alert(1)" not in page.html
    assert "note" in page.text and "No attribution" in page.text and "As received" in page.text


def test_a_conflict_shows_both(desk: Office) -> None:
    """Nothing was overwritten: a person compares the call with the transaction, one click away."""
    desk.orders("ORDER-1")
    number = call(desk, tid="ORDER-1", umsatz="96", pid="2")
    page = desk.get(f"{LIST}{number}/change/")
    for part in ("Conflict", "transaction 1", "100.00", "96", "partner 7 before, 2 now"):
        assert part in page.text, part
    assert 'href="/ledger/transaction/1/change/"' in page.html
    transaction = desk.get("/ledger/transaction/1/change/").text
    assert "100.00 EUR" in transaction and "partner 7 before, 2 now" in transaction, "and its page tells of the call"


@pytest.mark.parametrize("number", ["1", "x", "9" * 18, "9" * 19, "9" * 30])
def test_no_such_call(desk: Office, number: str) -> None:
    assert desk.get(f"{LIST}{number}/change/").status == 404


def test_the_log_is_for_reading(desk: Office) -> None:
    number = call(desk)
    assert desk.get(f"{LIST}add/").status == 403
    assert desk.get(f"{LIST}{number}/delete/").status == 403
    desk.post(f"{LIST}{number}/change/", tid="changed")
    assert "ORDER-9" in desk.get(f"{LIST}{number}/change/").text


def test_what_was_set_aside_is_shown_with_its_reason(desk: Office) -> None:
    from clicktrail.control.ledger.models import SetAside

    with Scribe(desk.settings.data, 2) as scribe:
        events = [scribe.click("poison <b>", 7, ip="192.0.2.0"), scribe.order("ORDER-8", "", mail="jane@home.example")]
    for position, event in enumerate(events):
        _set_aside(encode_batch([event]), position)
    SetAside.objects.create(identity="waiting", seq=1, position=0, note="late", body=encode_batch(events[1:]), at_ms=1)
    _set_aside(b"\xc1\xc1", -1)
    page = desk.get(ASIDE)
    assert f"click {events[0].id} of partner 7 too <large> journal ffffffff, row 5, event 1" in page.text
    assert f"call {events[1].id} of order ORDER-8 too <large> journal ffffffff, row 5, event 2" in page.text
    assert "2 bytes that are no event too <large> journal ffffffff, row 5" in page.text
    assert "late among the calls that waited" in page.text
    assert "jane@home" not in page.html and "192.0.2.0" not in page.html
    assert desk.get(f"{ASIDE}1/delete/").status == desk.get(f"{ASIDE}add/").status == 403


def _set_aside(body: bytes, position: int) -> None:
    from clicktrail.control.ledger.models import SetAside

    SetAside.objects.create(identity="f" * 32, seq=5, position=position, note="too <large>", body=body, at_ms=1)
