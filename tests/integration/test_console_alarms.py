"""Alarms in the console: the banner on every page, the list, one alarm, taking over, thresholds, a test mail."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.office import MANAGER, Office, office
from support.smtp import HOST, smtp

from clicktrail import heartbeat

LIST = "/alarms/alarm/"
PAGES = (LIST, "/ledger/transaction/", "/catalog/program/1/change/", "/ledger/transaction/by-hand/")
HEADLINE = "Garden <b>: no orders since 07:45"
FACTS = {
    "figures": [["Orders since 07:45", "42", "0"]],
    "weeks": [40, 44],
    "rule": "The rule in words.",
    "calls": [["unknown_product", 9, "4711", "There is no <i>product</i>."]],
    "todo": ["Ask the shop."],
    "zone": "Europe/Berlin",
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as found:
        yield found


def raised(program: int = 1, headline: str = HEADLINE) -> Any:
    from clicktrail.control.alarms import book

    now_ms = heartbeat.now_ms()
    told = book.Told("silence", program, now_ms - 1000, headline, "no_calls", "No <calls> at all.", FACTS)
    return book.raise_alarm(told, now_ms)


def steps(row: Any) -> list[tuple[str, str]]:
    return list(row.steps.order_by("pk").values_list("actor", "note"))


def test_every_page_has_the_banner_while_an_alarm_is_open(desk: Office) -> None:
    from clicktrail.control.alarms import book

    before = desk.get(LIST)
    assert "ct-banner" not in before.html
    row = raised()
    for page in PAGES:
        shown = desk.get(page)
        assert f"{HEADLINE} No <calls> at all." in shown.text, page
        assert "Garden &lt;b&gt;" in shown.html and "Garden <b>" not in shown.html
    assert desk.get("/ledger/postback/").queries <= 15
    book.end(row, "Ended.", heartbeat.now_ms())
    assert all("ct-banner" not in desk.get(page).html for page in PAGES)


def test_the_banner_has_room_for_some_and_the_menu_counts_all(desk: Office) -> None:
    for program in range(1, 6):
        raised(program, f"Shop {program} is silent")
    page = desk.get("/ledger/postback/")
    assert "Shop 3 is silent" in page.text and "Shop 4 is silent" not in page.text and "and 2 more" in page.text
    assert "Alarms 5" in page.text


def test_nobody_sees_alarms_before_signing_in(desk: Office) -> None:
    raised()
    desk.client.logout()
    assert "Garden" not in desk.get("/").text


def test_one_alarm_with_figures_and_what_to_do_next(desk: Office) -> None:
    row = raised()
    page = desk.get(f"{LIST}{row.pk}/change/")
    for words in (
        "No <calls> at all.", "Orders since 07:45 42 0", "The rule in words.", "40, 44", "Ask the shop.", "9",
        "There is no <i>product</i>.", "Raised. No <calls> at all.",
    ):  # fmt: skip
        assert words in page.text, words
    assert "/ledger/postback/4711/change/" in page.html and "<i>product" not in page.html
    assert desk.get(f"{LIST}99/change/").status == 404


def test_acknowledging_takes_it_out_of_the_banner_and_keeps_who(desk: Office) -> None:
    row = raised()
    page = desk.post(f"{LIST}{row.pk}/take/", note="Calling the <shop>")
    assert page.address == f"{LIST}{row.pk}/change/" and "Acknowledged." in page.text
    assert steps(row)[-1] == (MANAGER, "Acknowledged. Calling the <shop>")
    assert "ct-banner" not in page.html and f"Taken by {MANAGER}" in page.text
    assert HEADLINE in desk.get(LIST, state="open").text


def test_a_snooze_ends(desk: Office) -> None:
    from clicktrail.control.alarms.models import Alarm

    row = raised()
    page = desk.post(f"{LIST}{row.pk}/take/", note="", hours="4")
    assert "Snoozed for 4 h." in page.text and "ct-banner" not in page.html
    assert steps(row)[-1] == (MANAGER, "Snoozed for 4 hours.")
    Alarm.objects.update(snoozed_until_ms=heartbeat.now_ms() - 1)
    assert "ct-banner" in desk.get(LIST).html


def test_looking_takes_nothing_over(desk: Office) -> None:
    row = raised()
    desk.get(f"{LIST}{row.pk}/take/", note="by address")
    assert len(steps(row)) == 1


def test_what_has_ended_cannot_be_taken(desk: Office) -> None:
    from clicktrail.control.alarms import book

    row = raised()
    book.end(row, "Ended.", heartbeat.now_ms())
    assert "has ended meanwhile" in desk.post(f"{LIST}{row.pk}/take/", note="").text
    assert HEADLINE in desk.get(LIST, state="ended").text and HEADLINE not in desk.get(LIST, state="open").text


def test_thresholds_of_a_program(desk: Office) -> None:
    from clicktrail.control.alarms.models import AlarmRule

    fields = {"program": "1", "silence_on": "on", "sensitivity": "low", "least_usual": "9"}
    refused = desk.post("/alarms/alarmrule/add/", **fields, quiet_from="22:00", quiet_days="soon")
    assert "soon is no day" in refused.text and "Give both times" in refused.text
    desk.post(
        "/alarms/alarmrule/add/", **fields, quiet_from="22:00", quiet_to="07:00", quiet_days="2026-12-25 2026-01-01"
    )
    rule = AlarmRule.objects.get().rule()
    assert (rule.on, rule.once_in_days, rule.least_usual) == (True, 3650, 9)
    assert (rule.quiet_from_min, rule.quiet_to_min) == (22 * 60, 7 * 60)
    assert rule.quiet_days == {"2026-01-01", "2026-12-25"}
    page = desk.get("/alarms/alarmrule/")
    assert "Garden shop (1)" in page.text and "22:00 to 07:00, 2 days" in page.text
    assert "2026-12-25" in desk.get("/alarms/alarmrule/1/change/").text


def test_a_test_mail_shows_the_answer_or_the_fault(tmp_path: Path) -> None:
    with smtp(tmp_path) as box:
        mail = {"smtp_host": HOST, "smtp_port": box.port, "smtp_security": "none", "mail_from": "a@x.example"}
        with office(tmp_path / "data", **mail) as desk:
            page = desk.post(f"{LIST}test-mail/", address="mona@x.example")
            assert "The mail server said: 250 2.0.0 queued as 4711" in page.text
            box.refuse = {"rcpt": "550 no such box"}
            page = desk.post(f"{LIST}test-mail/", address="mona@x.example")
            assert "refuses the recipient mona@x.example: 550 no such box" in page.text
            assert box.recipients == ["mona@x.example"]


def test_without_a_mail_server_the_page_says_what_to_set(desk: Office) -> None:
    assert "Give smtp_host" in desk.get(f"{LIST}test-mail/").text
