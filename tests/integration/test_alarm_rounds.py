"""Rounds of the watch on a real ledger: raised once, kept up to date, ended by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import weeks
from support.office import Office, office
from support.weeks import DAY_MS, HOUR_MS, NOON

PROGRAM, YEN = 1, 5


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as found:
        yield found


@pytest.fixture
def watch(desk: Office) -> Any:
    from clicktrail.control.alarms.rounds import Watch

    return Watch(desk.settings)


def usual(program: int = PROGRAM, until_ms: int = NOON - 10 * HOUR_MS) -> None:
    """Five weeks of orders, one an hour, the last one an hour before `until_ms`."""
    weeks.steadily(program, until_ms - 36 * DAY_MS, until_ms, 24)


def rows(**wanted: object) -> list[Any]:
    from clicktrail.control.alarms.models import Alarm

    return list(Alarm.objects.filter(**wanted).order_by("pk"))


def steps(row: Any) -> list[str]:
    return list(row.steps.order_by("pk").values_list("note", flat=True))


def test_a_silence_is_raised_once_and_says_since_when(desk: Office, watch: Any) -> None:
    usual()
    for minute in range(3):
        watch.round(NOON + minute * 60_000)
    [row] = rows()
    assert (row.kind, row.program_id, row.ended_ms) == ("silence", PROGRAM, None)
    assert row.since_ms == NOON - 11 * HOUR_MS and row.raised_ms == NOON
    assert row.headline == "Garden shop (1): no orders since 2026-11-18 01:00 CET"
    assert row.cause == "no_calls" and steps(row) == [f"Raised. {row.sentence}"]


def test_a_shop_that_goes_on_raises_nothing(desk: Office, watch: Any) -> None:
    usual(until_ms=NOON)
    watch.round(NOON)
    assert rows() == []


def test_orders_end_it_with_a_note(desk: Office, watch: Any) -> None:
    usual()
    watch.round(NOON)
    weeks.orders([NOON + 30_000])
    watch.round(NOON + 60_000)
    [row] = rows()
    assert row.ended_ms == NOON + 60_000
    assert steps(row)[-1].startswith("Ended: orders come again")


def test_tests_and_orders_by_hand_are_no_sign_of_life(desk: Office, watch: Any) -> None:
    usual()
    weeks.orders([NOON - 60_000], test=True)
    weeks.orders([NOON - 50_000], manual=True)
    watch.round(NOON)
    weeks.orders([NOON + 10_000], test=True)
    weeks.orders([NOON + 20_000], manual=True)
    watch.round(NOON + 60_000)
    [row] = rows()
    assert row.ended_ms is None


def test_a_silence_after_the_end_is_a_new_alarm(desk: Office, watch: Any) -> None:
    usual()
    watch.round(NOON)
    weeks.orders([NOON + 30_000])
    watch.round(NOON + 60_000)
    watch.round(NOON + 11 * HOUR_MS)
    assert [row.ended_ms is None for row in rows()] == [False, True]


def test_a_watch_that_starts_anew_knows_what_is_open(desk: Office, watch: Any) -> None:
    from clicktrail.control.alarms.rounds import Watch

    usual()
    watch.round(NOON)
    Watch(desk.settings).round(NOON + 60_000)
    assert len(rows()) == 1
    weeks.orders([NOON + 90_000])
    Watch(desk.settings).round(NOON + 120_000)
    assert rows()[0].ended_ms == NOON + 120_000


def test_each_program_has_its_own_zone(desk: Office, watch: Any) -> None:
    """A shop that sells by day only is not silent at night: the same hours of the other weeks were empty too."""
    by_day = [NOON - day * DAY_MS + hour * HOUR_MS for day in range(1, 64) for hour in range(-4, 8)]
    weeks.orders(sorted(at for at in by_day if at < NOON - 5 * HOUR_MS), YEN)
    watch.round(NOON - 5 * HOUR_MS)
    assert rows() == [], "seven in the morning, and every night was silent"
    watch.round(NOON + 20 * HOUR_MS)
    assert [row.program_id for row in rows()] == [YEN]
    assert rows()[0].headline.endswith("JST")


CAUSES = [
    ("no_calls", lambda: weeks.clicks(50, NOON - HOUR_MS)),
    ("no_clicks", lambda: [weeks.clicks(50, NOON - HOUR_MS - n * 7 * DAY_MS) for n in range(1, 5)]),
    ("no_clickid", lambda: weeks.calls(9, "no_attribution", NOON)),
    ("discarded", lambda: weeks.calls(9, "unknown_product", NOON, facts='{"product": "sale", "hint": "Sale"}')),
    ("repeats", lambda: weeks.calls(9, "duplicate", NOON)),
    ("unnamed", lambda: weeks.calls(9, "missing_cpid", NOON, program=None)),
]


@pytest.mark.parametrize(("cause", "arrange"), CAUSES, ids=[case[0] for case in CAUSES])
def test_the_likely_cause(desk: Office, watch: Any, cause: str, arrange: Any) -> None:
    usual()
    arrange()
    watch.round(NOON)
    [row] = rows(kind="silence")
    assert row.cause == cause, row.sentence


def test_a_discard_is_told_with_its_number_and_its_sentence(desk: Office, watch: Any) -> None:
    usual()
    weeks.calls(9, "unknown_product", NOON, facts='{"product": "sale", "hint": "Sale"}')
    weeks.calls(2, "missing_amount", NOON - 60_000)
    watch.round(NOON)
    [row] = rows(kind="silence")
    assert "9 calls arrived, but all are discarded as unknown_product" in row.sentence
    assert "did you mean 'Sale'?" in row.sentence and "2 more were discarded" in row.sentence


def test_another_cause_is_a_step_and_new_figures_are_none(desk: Office, watch: Any) -> None:
    usual()
    watch.round(NOON)
    watch.round(NOON + 60_000)
    weeks.calls(1, "no_attribution", NOON + 90_000)
    watch.round(NOON + 120_000)
    [row] = rows()
    assert row.cause == "no_clickid" and len(steps(row)) == 2
    assert "without a ClickID" in steps(row)[1]


def test_a_paused_program(desk: Office, watch: Any) -> None:
    from clicktrail.control.catalog.models import Program

    usual()
    program = Program.objects.get(pk=PROGRAM)
    program.state = "paused"
    program.save()
    watch.round(NOON)
    assert rows()[0].cause == "program_paused"


def test_the_rule_of_a_program(desk: Office, watch: Any) -> None:
    from clicktrail.control.alarms.models import AlarmRule

    usual()
    rule = AlarmRule.objects.create(program_id=PROGRAM, least_usual=1000)
    watch.round(NOON)
    assert rows() == []
    rule.least_usual = 5
    rule.save()
    watch.round(NOON)
    rule.silence_on = False
    rule.save()
    watch.round(NOON + 60_000)
    assert [row.ended_ms for row in rows()] == [NOON + 60_000]


def test_discards_that_jump_and_calm_down(desk: Office, watch: Any) -> None:
    weeks.calls(98, "saved", NOON - 3 * HOUR_MS)
    weeks.calls(2, "bad_amount", NOON - 4 * HOUR_MS)
    weeks.calls(40, "saved", NOON - 60_000)
    weeks.calls(60, "bad_amount", NOON - 300_000)
    watch.round(NOON)
    watch.round(NOON + 60_000)
    [row] = rows()
    assert (row.kind, row.program_id, row.cause) == ("discards", PROGRAM, "bad_amount")
    assert "60 of the 100 calls" in row.sentence and "usually 2.0 %" in row.sentence
    watch.round(NOON + 2 * HOUR_MS)
    assert rows()[0].ended_ms is None, "an hour without calls decides nothing"
    weeks.calls(20, "saved", NOON + 3 * HOUR_MS)
    watch.round(NOON + 3 * HOUR_MS)
    assert rows()[0].ended_ms == NOON + 3 * HOUR_MS


def test_discards_that_nobody_wants_to_hear_of(desk: Office, watch: Any) -> None:
    from clicktrail.control.alarms.models import AlarmRule

    AlarmRule.objects.create(program_id=PROGRAM, discards_on=False)
    weeks.calls(60, "bad_amount", NOON)
    watch.round(NOON)
    assert rows() == []


def beat(desk: Office, name: str, beat_ms: int, **facts: object) -> None:
    import json
    import os

    values = {"pid": os.getpid(), "started_ms": 0, "beat_ms": beat_ms, **facts}
    (desk.settings.run_folder / f"{name}.json").write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("age_ms", "lag_s", "words"),
    [(121_000, 0, "does not run"), (0, 121, "2 minutes behind"), (119_000, 119, "")],
)
def test_an_engine_that_is_behind(desk: Office, watch: Any, age_ms: int, lag_s: int, words: str) -> None:
    beat(desk, "engine", NOON - age_ms, lag_s=lag_s, lag_events=7)
    watch.round(NOON)
    assert [row.kind for row in rows()] == (["engine"] if words else [])
    assert all(words in row.sentence for row in rows())
    beat(desk, "engine", NOON + 60_000)
    watch.round(NOON + 60_000)
    assert all(row.ended_ms for row in rows())


def test_a_disk_that_refuses(desk: Office, watch: Any) -> None:
    beat(desk, "edge-0001", NOON, journal_fault="no space left on device")
    watch.round(NOON)
    [row] = rows()
    assert row.kind == "journal" and "no space left on device" in row.sentence
    beat(desk, "edge-0001", NOON - 121_000)
    watch.round(NOON + 1)
    assert "is the disk full?" in rows()[0].sentence, "a full disk takes no heartbeat either"


def with_mail(desk: Office) -> Any:
    import msgspec

    from clicktrail.control.alarms.rounds import Watch

    mail = {"smtp_host": "mail.example", "mail_from": "a@x.example", "mail_to": ("mona@x.example",)}
    return Watch(msgspec.structs.replace(desk.settings, **mail))


def test_a_mail_is_due_once_a_person(desk: Office) -> None:
    watch = with_mail(desk)
    usual()
    watch.round(NOON)
    watch.round(NOON + 60_000)
    [row] = rows()
    assert [notice.address for notice in row.notices.all()] == ["mona@x.example"]


def test_a_silence_that_follows_from_the_engine_sends_no_mail_until_it_has_another_cause(desk: Office) -> None:
    watch = with_mail(desk)
    usual()
    beat(desk, "engine", NOON - 300_000)
    watch.round(NOON)
    engine, silent = sorted(rows(), key=lambda row: row.kind)
    assert (silent.kind, silent.cause) == ("silence", "engine_behind")
    assert (engine.notices.count(), silent.notices.count()) == (1, 0)
    beat(desk, "engine", NOON + 60_000)
    watch.round(NOON + 60_000)
    assert silent.notices.count() == 1


def test_a_webhook_hears_the_beginning_and_the_end(desk: Office, watch: Any) -> None:
    import json

    from clicktrail.control.outbox.models import Delivery, Receiver

    Receiver.objects.create(kind="webhook", name="Desk", address="https://desk.example/", triggers=["alarm"])
    usual()
    watch.round(NOON)
    watch.round(NOON + 60_000)
    weeks.orders([NOON + 90_000])
    watch.round(NOON + 120_000)
    told = [json.loads(facts) for facts in Delivery.objects.order_by("pk").values_list("facts", flat=True)]
    assert [(each["trigger"], each["cpid"], each["state"]) for each in told] == [
        ("alarm", PROGRAM, "open"),
        ("alarm", PROGRAM, "ended"),
    ]
    assert told[0]["cause"] == "no_calls" and told[0]["headline"].startswith("Garden shop (1)")


def test_one_minute_belongs_to_one_process(desk: Office) -> None:
    from clicktrail.control.alarms.rounds import claim

    assert claim(NOON) and not claim(NOON) and not claim(NOON + 59_999) and claim(NOON + 60_000)


def test_orders_that_came_late_into_the_ledger_count_where_they_belong(desk: Office, watch: Any) -> None:
    """Imported ones, and those of a journal that was read late: the memory of the watch takes them in."""
    usual()
    watch.round(NOON - 3 * HOUR_MS)
    history = watch.history
    before = history.sum(PROGRAM, NOON - 10 * DAY_MS, NOON - 9 * DAY_MS)
    weeks.orders([NOON - 10 * DAY_MS + HOUR_MS] * 3)
    weeks.orders([NOON + 90 * DAY_MS, 1000])
    watch.round(NOON - 3 * HOUR_MS + 60_000)
    assert history.sum(PROGRAM, NOON - 10 * DAY_MS, NOON - 9 * DAY_MS) == before + 3
    assert history.last_ms[PROGRAM] < NOON, "a time to come is no order of today"


def test_the_watch_runs_round_after_round_and_stops(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading
    import time

    from support.observe import until

    from clicktrail.control.alarms import rounds

    now_ms = time.time_ns() // 1_000_000
    usual(until_ms=now_ms - 12 * HOUR_MS)
    monkeypatch.setattr(rounds, "LOOK_EVERY_S", 0.02)
    stop = threading.Event()
    thread = threading.Thread(target=rounds.watch, args=(desk.settings, stop))
    thread.start()
    try:
        until(rows, 20, "the alarm")
    finally:
        stop.set()
        thread.join(120)
    assert not thread.is_alive() and len(rows()) == 1
