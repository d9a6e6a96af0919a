"""What runs beside the console's pages outlives a fault of its own."""

import logging
import threading

import pytest

from clicktrail.control.serve import keep_on


def test_a_watch_begins_anew_after_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    stop, rounds = threading.Event(), []

    def work() -> None:
        rounds.append(1)
        if len(rounds) == 3:
            stop.set()
            return
        raise KeyError("nobody thought of that")

    with caplog.at_level(logging.ERROR):
        keep_on("alarms", work, stop, pause_s=0.01)
    assert len(rounds) == 3
    assert [record.getMessage().partition(";")[0] for record in caplog.records] == ["alarms: a fault of ours"] * 2
