"""The reports page, its CSV, the API and the portal say the same text for the same figure: rounded once, half up."""

import csv
import html
import io
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from support import sums
from support.counter import Counter, counter

ANNA = 7
FIRST = datetime(2026, 9, 1, 12, tzinfo=UTC)
DAYS = 90
ASKED = {"from": "2026-09-01", "to": "2026-11-29"}
HARD = [(1, 6), (1, 3), (2, 3), (1, 8), (1, 800), (3, 160), (2469, 14_815), (1, 1_000_000), (5, 7), (0, 3), (3, 0)]
"""(transactions, clicks): shares that end in sixes, in ties, near a tie, at nothing."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """A day of random figures each, the hard ones first."""
    with counter(tmp_path_factory.mktemp("text") / "data", api_requests_per_minute=0) as made:
        dice = random.Random(7)
        book = sums.Sums()
        for day in range(DAYS):
            some = (dice.randrange(500), dice.randrange(1, 5000))
            orders, clicks = HARD[day] if day < len(HARD) else some
            revenue, commission = (dice.randrange(10 ** dice.randrange(1, 9)) for _ in range(2))
            book.count(
                int((FIRST + timedelta(days=day)).timestamp()), 1, ANNA,
                clicks_net=clicks, clicks_gross=clicks + 1, transactions=orders,
                revenue_minor=revenue, commission_minor=commission,
            )  # fmt: skip
        book.write()
        yield made


@pytest.fixture(scope="module")
def anna(api: Counter) -> Any:
    from django.test import Client

    from clicktrail.control.accounts.models import Account, Role

    client = Client(SERVER_NAME="localhost")
    client.force_login(Account.objects.create_user("anna@x.example", role=Role.PARTNER, partner_id=ANNA))
    return client


def _cells(page: str) -> dict[str, list[str]]:
    """First cell of each row of a table -> the others."""
    found = {}
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL):
        first, *others = [
            " ".join(html.unescape(re.sub(r"<[^>]*>", " ", cell)).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ] or [""]
        found[first] = others
    return found


def _rounded(text: str | None, places: str) -> str:
    """As a page writes what the API and the CSV say with more decimals."""
    return "–" if not text else f"{Decimal(text).quantize(Decimal(places), ROUND_HALF_UP):,}"


def _amount(money: dict[str, str] | None) -> str:
    return "–" if money is None else f"{Decimal(money['amount']):,}"


def test_the_same_text_for_the_same_figure(api: Counter, anna: Any) -> None:
    asked = f"from={ASKED['from']}&to={ASKED['to']}"
    console = _cells(api.office.client.get(f"/reports/?{asked}&by=day&partner={ANNA}").content.decode())
    portal = _cells(anna.get(f"/partner/reports/?{asked}&by=day").content.decode())
    file = api.office.client.get(f"/reports/csv/?{asked}&by=day&partner={ANNA}")
    text = b"".join(file.streaming_content).decode("utf-8-sig")
    written = {row["Day"]: row for row in csv.DictReader(io.StringIO(text))}
    told = api.get(f"/reports?day_from={ASKED['from']}&day_to={ASKED['to']}&by=day&partner={ANNA}").json["rows"]
    assert len(told) == len(written) == DAYS
    for row in told:
        day = row["day"]
        gross, net, _bots, _refused, orders, rate, revenue, average, commission, epc = console[day]
        assert rate == f"{_rounded(row['conversion_rate'], '0.01')} %".replace("– %", "–"), day
        assert (revenue, commission) == (_amount(row["revenue"]), _amount(row["commission"])), day
        assert average == _amount(row["average_order"]), day
        assert epc == _rounded(row["earnings_per_click"], "0.0001"), day
        eur = [f"{cell} EUR".replace("– EUR", "–") for cell in (revenue, commission, epc)]
        assert portal[day] == [net, gross, orders, rate, *eur], day
        of_file = written[day]
        assert of_file["Conversion rate %"] == (row["conversion_rate"] or ""), day
        assert of_file["Earnings per click"] == (row["earnings_per_click"] or ""), day
        assert of_file["Revenue"] == row["revenue"]["amount"], day


def test_a_change_is_written_alike_on_home_and_in_the_portal(
    api: Counter, anna: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_ms = int(datetime(2026, 11, 30, 0, 30, tzinfo=UTC).timestamp() * 1000)
    monkeypatch.setattr("clicktrail.heartbeat.now_ms", lambda: at_ms)
    row = _cells(api.office.client.get("/?program=1").content.decode())
    home = row["Clicks, net"][2].split()
    portal = html.unescape(re.sub(r"<[^>]*>", " ", anna.get("/partner/?period=7d").content.decode()))
    found = re.search(r"Clicks\s+(\S+)\s+(\S+ %)", portal)
    assert found is not None and [found[1], found[2]] == [home[0], " ".join(home[1:])]
