"""Pauses, slow start and the circuit breaker, with clock and dice of our own."""

import pytest

from clicktrail.core.delivery import read_address
from clicktrail.courier.lanes import (
    DOWN,
    DOWN_AFTER,
    FAILS,
    FIRST_PROBE_S,
    GONE,
    LAST_PROBE_S,
    MAX_A_HOST,
    MAX_ON_THE_WAY,
    MAX_UNPROVEN,
    WORKS,
    Host,
    Lane,
    Load,
)
from clicktrail.courier.render import Target
from clicktrail.courier.schedule import MAX_AGE_MS, PAUSES_S, next_due_ms

TARGET = Target(1, "postback", read_address("https://a.example/"), "a.example", "GET", False, ((1, b"s"),))


def test_pauses_grow_and_the_last_attempt_falls_on_the_48th_hour() -> None:
    now_ms, attempts, pauses = 0, 0, []
    while True:
        attempts += 1
        due_ms = next_due_ms(attempts, 0, now_ms, 0.5)
        if due_ms is None:
            break
        pauses.append((due_ms - now_ms) // 1000)
        now_ms = due_ms
    assert now_ms == MAX_AGE_MS
    assert tuple(pauses[: len(PAUSES_S)]) == PAUSES_S
    assert 12 <= attempts <= 20


@pytest.mark.parametrize(("dice", "pause_s"), [(0.0, 8), (0.5, 10), (1.0, 12)])
def test_pauses_are_jittered(dice: float, pause_s: int) -> None:
    assert next_due_ms(1, 0, 0, dice) == pause_s * 1000


def test_a_receiver_may_ask_for_a_longer_pause_but_not_beyond_the_end() -> None:
    assert next_due_ms(1, 0, 0, 0.0, retry_after_s=600) == 600_000
    assert next_due_ms(1, 0, MAX_AGE_MS - 1000, 0.5, retry_after_s=600) == MAX_AGE_MS


def _failed(lane: Lane, times: int, now_ms: int = 0, answered: bool = False) -> None:
    for _ in range(times):
        lane.began()
        lane.ended("It answered 500.", answered, False, now_ms, 0.5)


def test_a_receiver_that_fails_again_and_again_is_down() -> None:
    lane = Lane(TARGET, Host())
    _failed(lane, DOWN_AFTER - 1)
    assert lane.state == FAILS and lane.is_open(0)
    _failed(lane, 1, now_ms=5)
    assert lane.state == DOWN and lane.why == "It answered 500." and lane.since_ms == 5
    assert not lane.is_open(5) and lane.is_open(5 + FIRST_PROBE_S * 1000)


def test_one_that_is_down_is_probed_one_at_a_time_and_ever_less_often() -> None:
    lane = Lane(TARGET, Host())
    _failed(lane, DOWN_AFTER)
    pauses, now_ms = [], 0
    for _ in range(9):
        pauses.append((lane.probe_ms - now_ms) // 1000)
        now_ms = lane.probe_ms
        assert lane.is_open(now_ms)
        lane.began()
        assert not lane.is_open(now_ms)
        lane.ended("It answered 500.", True, False, now_ms, 0.5)
    assert pauses[:4] == [10, 20, 40, 80] and pauses[-1] == LAST_PROBE_S


def test_a_good_answer_brings_it_back_slowly() -> None:
    lane = Lane(TARGET, Host())
    _failed(lane, DOWN_AFTER)
    lane.began()
    word = lane.ended("", True, False, 9, 0.5)
    assert word is not None and (word.state, word.failures, word.why) == (WORKS, 0, "")
    assert lane.is_open(9) and lane.host.limit == 2


def test_gone_is_gone_until_a_person_says_otherwise() -> None:
    lane = Lane(TARGET, Host())
    lane.began()
    lane.ended("It answered 410 Gone.", True, True, 0, 0.5)
    assert lane.state == GONE and not lane.is_open(10**15)


def test_success_doubles_and_failure_halves_what_a_host_may_have() -> None:
    host = Host()
    for _ in range(9):
        host.succeeded()
    assert host.limit == MAX_A_HOST and host.proven
    host.failed(answered=True)
    assert host.limit == MAX_A_HOST // 2 and host.proven
    host.failed(answered=False)
    assert not host.proven


def test_a_host_that_was_never_good_gets_one_at_a_time() -> None:
    load, host = Load(), Host()
    assert not load.fills(host)
    load.begin(host)
    assert load.fills(host)


def test_the_fuller_the_courier_the_less_one_host_may_hold() -> None:
    host = Host(on_the_way=4, limit=MAX_A_HOST, proven=True)
    assert not Load(on_the_way=0).fills(host)
    assert not Load(on_the_way=MAX_ON_THE_WAY // 4).fills(host)
    assert Load(on_the_way=MAX_ON_THE_WAY // 2).fills(host)
    assert Load(on_the_way=MAX_ON_THE_WAY).is_full


def test_room_is_kept_for_hosts_that_work() -> None:
    load = Load(on_the_way=MAX_UNPROVEN, unproven=MAX_UNPROVEN)
    assert not load.trusts(Host()) and load.trusts(Host(proven=True)) and not load.is_full
