"""The demo's ninety days: made as real history is made, the same every time, and every page has something to show."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.office import _just_typed_the_password as just_typed_the_password
from support.pages import ANYBODY, OWNER, PAGES, PARTNER, samples, sights

from clicktrail.core.lifecycle import STATES
from clicktrail.core.periods import DAY_MS
from clicktrail.core.reasons import REASONS, UPDATED, WAITING
from clicktrail.demo import household
from clicktrail.demo.past import hours
from clicktrail.demo.past.fill import fill, happenings
from clicktrail.engine.replay import replay
from clicktrail.settings import Settings

SHOP = "127.0.0.1:8402"
EVERY_LIST = ("/history/", "/delete/")
"""Every list has these two; the table has one of each."""


@dataclass
class Filled:
    settings: Settings

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def one(self, statement: str) -> Any:
        return self.ask(statement)[0][0]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    data = tmp_path_factory.mktemp("past") / "data"
    home = household.take(data)
    settings = household.settings_of(data, 8400, 8401, 8402)
    household.furnish(settings, home.password, 8402)
    with pytest.MonkeyPatch.context() as less:
        # Half of it shows the same in half the time.
        less.setattr(hours, "SCALE", hours.SCALE / 2)
        fill(settings, SHOP)
    yield Filled(settings)
    from django.db import connections

    connections.close_all()


def test_a_replay_comes_to_the_same_ledger(past: Filled, tmp_path: Path) -> None:
    report = replay(past.settings, tmp_path / "rebuilt.sqlite")
    assert report.agrees, report.differences[:5]
    assert not report.outside
    assert report.transactions == past.one("SELECT count(*) FROM ledger_transaction")


def test_totals_agree_with_what_is_stored(past: Filled) -> None:
    counted = past.one("SELECT count(*) FROM ledger_click WHERE counted")
    orders = past.ask(
        "SELECT count(*), sum(commission_minor) FROM ledger_transaction "
        "WHERE NOT test AND state NOT IN ('held', 'cancelled')"
    )
    for name in ("hour", "day", "month", "subid", "referrer"):
        assert past.one(f"SELECT sum(clicks_gross) FROM ledger_rollup_{name}") == counted
        assert past.ask(f"SELECT sum(transactions), sum(commission_minor) FROM ledger_rollup_{name}") == orders


def test_every_day_has_its_clicks_and_every_week_its_orders(past: Filled) -> None:
    days = past.ask("SELECT day, sum(clicks_gross) FROM ledger_rollup_program WHERE program_id = 1 GROUP BY day")
    assert len(days) == hours.DAYS
    assert min(count for _, count in days[:-1]) > 50
    weeks = past.ask("SELECT created_ms / 604800000, count(*) FROM ledger_transaction GROUP BY 1")
    assert len(weeks) >= 13


def test_every_reason_and_every_state_is_there(past: Filled) -> None:
    reasons = {row[0] for row in past.ask("SELECT DISTINCT reason FROM ledger_postback")}
    assert reasons >= set(REASONS) - {WAITING, UPDATED}
    assert {row[0] for row in past.ask("SELECT DISTINCT state FROM ledger_transaction")} == set(STATES)
    assert past.one("SELECT count(*) FROM ledger_set_aside") == 0


def test_what_waits_for_a_person(past: Filled) -> None:
    from clicktrail.control.portal.applications import waiting
    from clicktrail.control.secondlooks.conflicts import count

    assert count() >= 3
    assert waiting().count() == 3
    assert past.one("SELECT count(*) FROM ledger_transaction WHERE state = 'held'") > 0
    assert past.one("SELECT count(*) FROM outbox_delivery WHERE state = 'given_up'") > 0


def test_nothing_lies_in_the_future_and_nothing_was_decided_before_it_happened(past: Filled) -> None:
    import time

    now_ms = time.time_ns() // 1_000_000
    assert past.one("SELECT max(at_ms) FROM ledger_move") < now_ms
    assert past.one("SELECT max(created_ms) FROM ledger_transaction") < now_ms
    early = "SELECT count(*) FROM ledger_move m JOIN ledger_transaction t ON t.number = m.transaction_number "
    assert past.one(f"{early} WHERE m.at_ms < t.created_ms") == 0
    assert past.one("SELECT count(*) FROM ledger_postback WHERE judged_ms < at_ms OR judged_ms > at_ms + 1000") == 0


def test_it_is_the_same_every_time(past: Filled) -> None:
    from clicktrail.control.catalog.compile import compile_catalog

    catalog = compile_catalog(past.settings.prefix)
    now_ms = 1_790_000_000_000
    first, second = (Counter(repr(each) for each in happenings(catalog, now_ms)) for _ in range(2))
    assert first == second
    assert sum(first.values()) > 20_000
    assert hours.days("Europe/Berlin", now_ms)[-1].at_ms(0) > now_ms - DAY_MS


def test_every_page_answers(past: Filled) -> None:
    clients = _clients()
    found = sights(samples(past.ask))
    missing = {sight.name for sight in PAGES} - {sight.name for sight, _ in found}
    assert not missing, "nothing of theirs is in the demo"
    answers = {sight.name: clients[sight.who].get(address) for sight, address in found}
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code != 200} == {}


def test_no_page_is_missing_in_the_table(past: Filled) -> None:
    """Each address of the resolver that answers with a whole page has a line in tests/support/pages.py."""
    from django.urls import resolve

    known = {resolve(address.partition("?")[0]).route for _, address in sights(samples(past.ask))}
    clients = _clients()
    missing = []
    for route in _routes():
        if route in known or route.endswith(EVERY_LIST) or route.startswith(("api/v", "^(?P<")):
            continue
        for who in (OWNER, PARTNER):
            answer = clients[who].get("/" + _filled(past, route))
            if answer.status_code == 200 and b"<html" in b"".join(answer):
                missing.append(f"{who} {route}")
                break
    assert not missing, "\n".join(missing)


def _clients() -> dict[str, Any]:
    from django.test import Client

    from clicktrail.control.accounts.models import Account

    clients = {who: Client(SERVER_NAME="localhost", raise_request_exception=True) for who in (ANYBODY, OWNER, PARTNER)}
    clients[OWNER].force_login(Account.objects.get(username=household.USER))
    clients[PARTNER].force_login(Account.objects.get(username="beandiary"))
    for who, name in ((OWNER, household.USER), (PARTNER, "beandiary")):
        just_typed_the_password(clients[who], Account.objects.get(username=name))
    return clients


def _routes() -> Iterator[str]:
    from django.urls import get_resolver

    def walk(patterns: list[Any], before: str) -> Iterator[str]:
        for pattern in patterns:
            route = before + str(pattern.pattern).removeprefix("^")
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, route)
            else:
                yield route

    return walk(get_resolver().url_patterns, "")


def _filled(past: Filled, route: str) -> str:
    """The route with something that is there in place of its marks, as far as its first two words say what."""
    from django.apps import apps

    words = route.split("/")
    try:
        row = apps.get_model(words[0], words[1])._default_manager.order_by("pk").first()
    except (LookupError, IndexError):
        row = None
    number = str(row.pk) if row is not None else "1"
    return re.sub(r"<\w+:?\w*>", number, route)
