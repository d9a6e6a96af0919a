"""The log while it is looked at: what is newer, in the order of judging; and the time line that it leads to."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.office import Office, office, signed_in
from support.scribe import Scribe

LOG = "/ledger/postback/"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path / "data") as made:
        made.orders("ORDER-1")
        yield made


def call(desk: Office, node: int = 2, **params: str) -> int:
    with Scribe(desk.settings.data, node) as scribe:
        made = scribe.order(params.pop("tid", "ORDER-9"), "", **params)
        scribe.write(made)
    desk.judge()
    return int(made.id)


def shown(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'data-call="(\d+)"', html)]


class Watcher:
    """Asks as the page's script does."""

    def __init__(self, desk: Office, **query: str) -> None:
        self.desk, self.query = desk, query
        page = desk.get(LOG, **query).html
        self.order = int(re.findall(r'data-order="(\d+)"', page)[0])
        self.rows = shown(page)
        self.more = False

    def look(self) -> list[int]:
        asked = {"order": str(self.order), "after": str(max(self.rows, default=0)), **self.query}
        answer = self.desk.client.get(f"{LOG}newer/", asked)
        told = json.loads(answer["HX-Trigger"])["ct:judged"]
        self.order, self.more = told["order"], told["more"]
        found = shown(answer.content.decode())
        self.rows = sorted({*self.rows, *found}, reverse=True)
        return found


def test_what_is_newer_comes_once(desk: Office) -> None:
    watcher = Watcher(desk)
    assert watcher.look() == []
    first, second = call(desk, tid="ORDER-2"), call(desk, tid="ORDER-3")
    assert watcher.look() == [second, first]
    assert watcher.look() == []


def test_what_another_node_wrote_earlier_and_was_read_later_comes_too(desk: Office) -> None:
    """Its log number is below those that are shown: a question by number would pass it over."""
    with Scribe(desk.settings.data, 3) as late:
        old = late.order("ORDER-5", "")
        young = call(desk, tid="ORDER-6")
        watcher = Watcher(desk)
        assert old.id < young == watcher.rows[0]
        late.write(old)
    desk.judge()
    assert watcher.look() == [old.id]


def test_a_narrowed_log_gets_only_its_own(desk: Office) -> None:
    watcher = Watcher(desk, reason="unknown_partner")
    call(desk, tid="ORDER-2")
    wanted = call(desk, tid="ORDER-3", pid="99")
    assert watcher.look() == [wanted]


def test_a_flood_is_bounded_and_says_so(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.console import calls

    monkeypatch.setattr(calls, "MAX_NEW_CALLS", 2)
    watcher = Watcher(desk)
    made = [call(desk, tid=f"ORDER-{n}") for n in range(2, 5)]
    assert watcher.look() == [made[2], made[1]] and watcher.more
    assert watcher.look() == [] and not watcher.more
    monkeypatch.setattr(calls, "MAX_LOOKED_AT", 1)
    made = [call(desk, tid=f"ORDER-{n}") for n in range(5, 8)]
    assert watcher.look() == [made[2]] and watcher.more


def test_rows_of_other_programs_do_not_appear(desk: Office) -> None:
    from clicktrail.control.accounts.models import Account

    account = Account.objects.create_user("yuki", password="unused", is_staff=True, role="manager", programs=[5])
    with signed_in(desk.settings, account) as yuki:
        watcher = Watcher(yuki)
        call(desk, tid="ORDER-2")
        assert watcher.rows == [] and watcher.look() == []


def test_a_verdict_is_icon_word_and_colour(desk: Office) -> None:
    call(desk, tid="ORDER-2")
    page = desk.get(LOG).html
    for shape in (("success", "check_circle", "Saved"), ("danger", "block", "No attribution")):
        tone, icon, word = shape
        wanted = f'ct-label ct-{tone}"><span class="ct-icon" data-icon="{icon}" aria-hidden="true"></span>{word}<'
        assert wanted in page, shape


def test_every_reason_has_a_word_of_its_own() -> None:
    from clicktrail.control.console.verdictcells import WORDS
    from clicktrail.core.reasons import REASONS

    assert set(WORDS) == set(REASONS)


# The time line


def moments(page: Any) -> list[str]:
    """Kinds, oldest first."""
    return re.findall(r'<li class="ct-moment ct-moment-(\w+)', page.html)


def test_from_click_to_partner_postback_on_one_line(desk: Office) -> None:
    from clicktrail.control.catalog.models import Partner
    from clicktrail.control.catalog.publish import publish
    from clicktrail.control.outbox.models import Attempt, Delivery, Receiver

    Receiver.objects.create(
        kind="postback", name="Anna's server", partner=Partner.objects.get(pk=7),
        address="https://anna.example/in?tid={tid}", triggers=["saved", "confirmed"],
    )  # fmt: skip
    publish(desk.settings)
    desk.orders("ORDER-2")
    desk.post("/ledger/transaction/move/confirm/", numbers="2", reason="kept")
    first = Delivery.objects.order_by("id").first()
    assert first is not None
    Attempt.objects.create(
        delivery_id=first.pk, at_ms=first.created_ms + 5, stage="answer", address="a", status=503,
        answer="", took_ms=12, fault="It answered 503.",
    )  # fmt: skip
    page = desk.get("/ledger/transaction/2/change/")
    kinds = moments(page)
    assert kinds[:5] == ["click", "redirect", "call", "verdict", "transaction"]
    assert sorted(kinds[5:]) == ["delivery", "delivery", "move"]
    for part in (
        "Sent on to the click target", "Attempt 1, after 12 ms: It answered 503.", "because of 'saved': waiting",
        "Partner postback to Anna's server", "later", "open -> confirmed, by mona: 'kept'.",
        f'href="/outbox/delivery/{first.pk}/change/"',
    ):  # fmt: skip
        assert part in page.text or part in page.html, part
    assert re.search(r'<time datetime="[0-9T:-]+\.\d{3}Z" title="[0-9: -]+\.\d{3} UTC"', page.html), (
        "to the millisecond"
    )
    calls = re.findall(r"/ledger/postback/(\d+)/change/", page.html)
    assert moments(desk.get(f"{LOG}{calls[0]}/change/")) == kinds, "the call's page has the same line"
    told = desk_story(desk)
    assert any("Partner postback to Anna's server" in chapter.heading for chapter in told), "API and command too"


def desk_story(desk: Office) -> list[Any]:
    from clicktrail import keys
    from clicktrail.control.ledger import story, trace
    from clicktrail.core.clickid import Checks

    kept = keys.load(desk.settings.keys_folder)
    checks = Checks(kept.clickid, kept.current, desk.settings.prefix)
    return story.tell(trace.look_up("ORDER-2", checks), desk.settings.prefix)


@pytest.mark.parametrize(
    ("ms", "words"),
    [(0, "in the same moment"), (35, "35 ms later"), (2400, "2.4 s later"), (3 * 86_400_000, "3 days later")],
)
def test_distances(ms: int, words: str) -> None:
    from clicktrail.control.console.timeline import later

    assert later(ms) == words
