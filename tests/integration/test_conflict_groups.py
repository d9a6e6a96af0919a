"""Conflicts that anyone could have made: counted, grouped, and closed by one decision. Both databases."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from support.cast import ANNA, SHOP
from support.couriers import Post
from support.desk import desk
from support.ledgers import Place
from support.scribe import HOUR_MS, MID_HOUR_MS

from clicktrail.core.clickid import Checks
from clicktrail.core.receivers import CONFLICT

PROBES = 1500
HERE, ELSEWHERE = "203.0.113.0", "198.51.100.0"
GROUPS = (
    "SELECT program_id, network, click_id IS NOT NULL, count, decided_count FROM ledger_conflict_group ORDER BY key"
)
INBOX = "SELECT id FROM ledger_postback WHERE in_inbox ORDER BY id"


@pytest.fixture
def checks(ledger: Place) -> Iterator[Checks]:
    with desk(ledger) as made:
        yield made


def orders(ledger: Place, *tids: str) -> None:
    with ledger.scribe() as scribe:
        for tid in tids:
            click = scribe.click("spring", ANNA)
            scribe.write(click, scribe.order(tid, scribe.clickid(click)))
    ledger.catch_up()


def probe(ledger: Place, tid: str, number: int = 1, ip: str = HERE, **params: str) -> list[int]:
    """So many calls of an order, all at once, that say something else and prove nothing."""
    with ledger.scribe() as scribe:
        sent = {"umsatz": "0.01", "produkt": "?"} | params
        made = [
            msgspec.structs.replace(scribe.order(tid, "x", **sent), ip=ip, at_ms=MID_HOUR_MS) for _ in range(number)
        ]
        scribe.write(*made)
    ledger.catch_up()
    return [each.id for each in made]


def inbox(ledger: Place) -> list[int]:
    from clicktrail.control.secondlooks import conflicts

    found = [call.pk for call in conflicts.undecided()]
    assert conflicts.count() == len(found)
    return sorted(found)


def decide(ledger: Place, call: int, choice: str = "keep") -> Any:
    from clicktrail.control.secondlooks import conflicts
    from clicktrail.control.secondlooks.lookups import World

    return conflicts.decide(call, choice, "mona", "guessed order numbers", World(ledger.settings))


def test_a_flood_of_probes_is_one_entry_of_the_inbox(ledger: Place, checks: Checks) -> None:
    orders(ledger, "A-1", "A-2")
    first, *_ = probe(ledger, "A-1", PROBES // 2)
    probe(ledger, "A-2", PROBES // 2)
    assert ledger.reasons() == {"saved": 2, "conflict": PROBES}
    assert inbox(ledger) == [first]
    assert [row[3] for row in ledger.rows(GROUPS)] == [PROBES]


def test_every_source_is_a_group(ledger: Place, checks: Checks) -> None:
    orders(ledger, "A-1")
    calls = [probe(ledger, "A-1", 3)[0], probe(ledger, "A-1", 2, ELSEWHERE)[0], probe(ledger, "A-1", 1, "")[0]]
    assert inbox(ledger) == calls
    assert sorted(ledger.rows(GROUPS), key=str) == sorted(
        [(SHOP, HERE, False, 3, 0), (SHOP, ELSEWHERE, False, 2, 0), (SHOP, "", False, 1, 0)], key=str
    )


def test_a_full_address_counts_as_its_network(ledger: Place, checks: Checks) -> None:
    orders(ledger, "A-1")
    for ip in ("203.0.113.7", "203.0.113.8", HERE):
        probe(ledger, "A-1", ip=ip)
    assert [row[1:4] for row in ledger.rows(GROUPS)] == [(HERE, False, 3)]


def test_a_click_is_a_source_of_its_own_however_often_it_is_used(ledger: Place, checks: Checks) -> None:
    """Anyone gets a genuine ClickID by clicking: it opens one entry, not one a call."""
    orders(ledger, "A-1", "A-2")
    with ledger.scribe() as scribe:
        clicks = [scribe.click("", ANNA), scribe.click("", ANNA)]
        scribe.write(*clicks)
        calls = [
            scribe.order(tid, scribe.clickid(click), umsatz="1")
            for click in clicks
            for tid in ("A-1", "A-2")
            for _ in range(20)
        ]
        scribe.write(*calls)
    ledger.catch_up()
    assert inbox(ledger) == [calls[0].id, calls[40].id]
    assert [row[1:4] for row in ledger.rows(GROUPS)] == [("", True, 40), ("", True, 40)]


def test_the_shops_own_conflicts_stand_alone(ledger: Place, checks: Checks) -> None:
    orders(ledger, "A-1")
    with ledger.scribe() as scribe:
        calls = [
            msgspec.structs.replace(scribe.order("A-1", "", umsatz=f"{200 + number}"), source="api", actor="key")
            for number in range(3)
        ]
        calls += [msgspec.structs.replace(scribe.order("A-1", "", umsatz="300"), source="api") for _ in range(2)]
        scribe.write(*calls)
    ledger.catch_up()
    told = dict(ledger.rows("SELECT id, reason FROM ledger_postback"))
    conflicts = sorted(call.id for call in calls if told[call.id] == "conflict")
    assert len(conflicts) >= 3 and inbox(ledger) == conflicts
    assert ledger.rows(GROUPS) == []


def test_one_decision_closes_a_group_and_what_comes_later_opens_it_again(ledger: Place, checks: Checks) -> None:
    orders(ledger, "A-1")
    first, second, *_ = probe(ledger, "A-1", 30)
    assert decide(ledger, first).choice == "keep"
    assert inbox(ledger) == []
    assert ledger.rows(GROUPS)[0][3:] == (30, 30)
    assert ledger.rows("SELECT tid, revenue_minor FROM ledger_transaction") == [("A-1", 10000)]
    later, *_ = probe(ledger, "A-1", 5)
    assert inbox(ledger) == [later]
    assert decide(ledger, first).startswith(f"The conflict of call {first} was decided already by mona")
    assert decide(ledger, second).choice == "keep", "one of the group may be decided by itself"
    assert inbox(ledger) == [later], "and the group stays"
    decide(ledger, later)
    assert inbox(ledger) == [] and ledger.rows(GROUPS)[0][3:] == (35, 35)


def test_correct_takes_the_word_of_the_listed_call_alone(ledger: Place, checks: Checks) -> None:
    orders(ledger, "A-1", "A-2")
    with ledger.scribe() as scribe:
        click = scribe.click("", ANNA)
        calls = [scribe.order(tid, scribe.clickid(click), umsatz="80") for tid in ("A-1", "A-2", "A-2")]
        scribe.write(click, *calls)
    ledger.catch_up()
    assert inbox(ledger) == [calls[0].id]
    assert decide(ledger, calls[0].id, "correct").choice == "correct"
    assert dict(ledger.rows("SELECT tid, revenue_minor FROM ledger_transaction")) == {"A-1": 8000, "A-2": 10000}
    assert inbox(ledger) == []


def test_what_a_page_is_told_of_a_group(ledger: Place, checks: Checks) -> None:
    from clicktrail.control.ledger.models import Postback
    from clicktrail.control.secondlooks import conflicts
    from clicktrail.control.secondlooks.lookups import World

    orders(ledger, "A-1")
    calls = probe(ledger, "A-1", 30)
    alone = probe(ledger, "A-1", 1, ELSEWHERE)
    rows = Postback.objects.filter(pk__in=[calls[0], calls[1], alone[0]]).order_by("pk")
    listed, member, single = conflicts.pairs(rows, World(ledger.settings))
    assert [pair.group_count for pair in (listed, member, single)] == [30, 1, 1]
    assert f"from the network {HERE} within one hour" in listed.source
    assert [call.pk for call in conflicts.members(listed.group, 3)] == calls[:-4:-1]


def test_receivers_are_told_of_the_first_and_then_of_the_count(ledger: Place) -> None:
    post = Post(ledger)
    post.add("https://a.example/", kind="webhook", triggers=(CONFLICT,))
    post.publish()
    orders(ledger, "A-1")
    probe(ledger, "A-1", 7)
    probe(ledger, "A-1", 7)
    probe(ledger, "A-1", PROBES)
    probe(ledger, "A-1", 2, ELSEWHERE)
    counts = [msgspec.json.decode(row[0])["count"] for row in ledger.rows("SELECT facts FROM outbox_delivery")]
    assert sorted(counts) == [1, 1, 10, 100, 1000]


def test_a_source_that_goes_on_is_one_entry_an_hour(ledger: Place, checks: Checks) -> None:
    orders(ledger, "A-1")
    with ledger.scribe() as scribe:
        made = [scribe.order("A-1", "x", umsatz="1") for _ in range(6)]
        times = [MID_HOUR_MS + HOUR_MS * (place // 2) for place in range(6)]
        scribe.write(*[msgspec.structs.replace(each, at_ms=at) for each, at in zip(made, times, strict=True)])
    ledger.catch_up()
    assert inbox(ledger) == [made[0].id, made[2].id, made[4].id]
    assert [row[3] for row in ledger.rows(GROUPS)] == [2, 2, 2]


def test_a_replay_and_a_second_reading_count_nothing_twice(ledger: Place, checks: Checks) -> None:
    orders(ledger, "A-1")
    probe(ledger, "A-1", 12)
    before = (ledger.rows(GROUPS), ledger.rows(INBOX))
    ledger.restart()
    ledger.catch_up()
    assert (ledger.rows(GROUPS), ledger.rows(INBOX)) == before
