"""On which day a period of the portal ends: by the zones of the partner's programs, at both sides of each midnight."""

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from support import sums
from support.office import Office, office

ANNA, BERND, CARLA = 7, 8, 9
BERLIN, TOKYO = 1, 5
CLICKS = {"2026-11-28T12:00": 100, "2026-11-29T12:00": 20, "2026-11-30T10:00": 3, "2026-11-30T23:30": 4}
"""UTC -> clicks of each partner: the last ones are of the first of December, in Berlin and in Tokyo."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Anna works for a program in Berlin, Bernd for one in Tokyo; Carla is approved for none."""
    with office(tmp_path_factory.mktemp("today") / "data") as made:
        from clicktrail.control.catalog.models import Approval, Partner

        for number in (BERND, CARLA):
            Partner.objects.create(pk=number, name=f"Partner {number}")
        Approval.objects.create(partner_id=BERND, program_id=TOKYO)
        book = sums.Sums()
        for text, many in CLICKS.items():
            at_s = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
            book.count(at_s, BERLIN, ANNA, clicks_gross=many, clicks_net=many)
            book.count(at_s, TOKYO, BERND, clicks_gross=many, clicks_net=many)
        book.write()
        yield made


@pytest.fixture(scope="module")
def clients(desk: Office) -> dict[int, Any]:
    from django.test import Client

    from clicktrail.control.accounts.models import Account, Role

    found = {}
    for number in (ANNA, BERND, CARLA):
        found[number] = Client(SERVER_NAME="localhost")
        known = {"role": Role.PARTNER, "partner_id": number, "time_zone": "America/New_York"}
        found[number].force_login(Account.objects.create_user(f"{number}@x.example", **known))
    return found


def _read(client: Any, address: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", client.get(address).content.decode())).split())


def _file(client: Any, address: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(client.get(address).getvalue().decode("utf-8-sig"))))[1:]


def _be(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    at_ms = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
    monkeypatch.setattr("clicktrail.heartbeat.now_ms", lambda: at_ms)


@pytest.mark.parametrize(
    ("at", "partner", "last", "clicks"),
    [
        ("2026-11-29T14:59", ANNA, "2026-11-29", 20), ("2026-11-29T15:01", ANNA, "2026-11-29", 20),
        ("2026-11-29T22:59", ANNA, "2026-11-29", 20), ("2026-11-29T23:01", ANNA, "2026-11-30", 3),
        ("2026-11-30T22:59", ANNA, "2026-11-30", 3), ("2026-11-30T23:59", ANNA, "2026-12-01", 4),
        ("2026-11-29T14:59", BERND, "2026-11-29", 20), ("2026-11-29T15:01", BERND, "2026-11-30", 3),
        ("2026-11-30T14:59", BERND, "2026-11-30", 3), ("2026-11-30T15:01", BERND, "2026-12-01", 4),
        ("2026-11-30T04:59", CARLA, "2026-11-29", 0), ("2026-11-30T05:01", CARLA, "2026-11-30", 0),
    ],
)  # fmt: skip
def test_a_period_ends_today_where_the_programs_are(
    clients: dict[int, Any], monkeypatch: pytest.MonkeyPatch, at: str, partner: int, last: str, clicks: int
) -> None:
    """The account's own zone decides only where there is no program."""
    _be(monkeypatch, at)
    assert f"Clicks {clicks} " in _read(clients[partner], "/partner/?period=today"), at
    assert f"to {last}" in _read(clients[partner], "/partner/?period=30d"), at
    rows = _file(clients[partner], "/partner/reports.csv?by=day&period=today")
    assert [row[:2] for row in rows] == ([[last, str(clicks)]] if clicks else []), at
