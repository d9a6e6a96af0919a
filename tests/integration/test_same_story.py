"""One story of a verdict, wherever it is read: the log's page, the transaction's page, the API, the command."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.counter import Counter, counter
from support.scribe import Scribe


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path / "data", api_requests_per_minute=0) as made:
        from clicktrail.control.accounts.models import Account

        Account.objects.update(time_zone="UTC")  # As in the API and in commands; pages are in the zone of the program.
        yield made


def _told_by_command(api: Counter, what: str) -> str:
    words = (sys.executable, "-m", "clicktrail", "trace", what, "--data", str(api.office.settings.data))
    return subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ.copy()).stdout


def _same_everywhere(api: Counter, call: str, tid: str) -> list[str]:
    """The steps as the API has them; each stands on the other pages, in this order."""
    story: list[str] = api.get(f"/log/{call}").json["story"]
    page, command = api.office.get(f"/ledger/postback/{call}/change/").text, _told_by_command(api, tid)
    trace = json.dumps(api.get(f"/traces?what={tid}").json, ensure_ascii=False)
    for place in (page, command, trace.replace('\\"', '"')):
        at = 0
        for step in story:
            at = place.find(" ".join(step.split()), at) + 1
            assert at, (step, place)
    return story


def test_of_a_saved_call(api: Counter) -> None:
    api.office.orders("A-1", umsatz="95.50")
    [row] = api.get("/transactions?tid=A-1").json["items"]
    story = _same_everywhere(api, row["call"], "A-1")
    assert story[-2] == "Product 'Sale' pays 10 % of 95.50 EUR, so 9.55 EUR."
    transaction = api.office.get(f"/ledger/transaction/{row['number']}/change/").text
    assert [step for step in story if step not in transaction] == []


def test_of_a_discarded_call_with_what_would_have_worked(api: Counter) -> None:
    with Scribe(api.office.settings.data, 2) as scribe:
        call = scribe.order("B-1", "", pid="7", produkt="sale")
        scribe.write(call)
    api.office.judge()
    story = _same_everywhere(api, str(call.id), "B-1")
    assert story[-1] == "The product is called 'Sale', you sent 'sale'."
