"""A shop falls silent under a running server: alarm, mail, command, and the process killed while it sends."""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from support import weeks
from support.observe import until
from support.server import Server
from support.smtp import HOST, Mailbox, smtp
from support.weeks import DAY_MS, HOUR_MS

from clicktrail import heartbeat
from clicktrail.control.boot import boot
from clicktrail.settings import Settings
from clicktrail.sqlite import sqlite3

SOON_S = 40.0


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with smtp(tmp_path_factory.mktemp("box")) as made:
        yield made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, box: Mailbox) -> Iterator[Server]:
    """Program 1 has had an order an hour for five weeks, and none for 14 hours."""
    made = Server(tmp_path_factory.mktemp("silent") / "data")
    made.lay()
    (made.data / "clicktrail.toml").write_text(
        f'smtp_host = "{HOST}"\nsmtp_port = {box.port}\nsmtp_security = "none"\nsmtp_timeout_s = 30\n'
        'mail_from = "alarms@x.example"\nmail_to = ["mona@x.example"]\n'
    )
    boot(Settings(data=made.data), "ledger")
    until_ms = heartbeat.now_ms() - 14 * HOUR_MS
    weeks.steadily(1, until_ms - 36 * DAY_MS, until_ms, 24)
    from django.db import connection

    from clicktrail.control.ledger.models import EngineState

    EngineState.objects.update(next_transaction=1_000_000)
    connection.close()
    box.mute = {"rcpt"}
    try:
        made.start()
        yield made
    finally:
        made.stop()
        made.close()


def asked(server: Server, sql: str) -> list[Any]:
    with sqlite3.connect(server.data / "ledger.sqlite", timeout=20) as db:
        return list(db.execute(sql))


def test_killed_while_it_sends_the_mail_comes_all_the_same_and_once(server: Server, box: Mailbox) -> None:
    until(lambda: "rcpt TO:<mona@x.example>" in box.heard, SOON_S, "the server hears of the mail")
    os.kill(server.pid("control"), signal.SIGKILL)
    [[message_id, state]] = asked(server, "SELECT message_id, state FROM alarms_notice")
    assert state == "due" and box.mails == []
    box.mute = set()
    # The claim of the killed process runs out in five minutes; here at once.
    asked(server, "UPDATE alarms_notice SET due_ms = 0")
    until(lambda: box.mails, SOON_S, "the mail")
    assert [mail["Message-ID"] for mail in box.mails] == [message_id]
    until(lambda: asked(server, "SELECT 1 FROM alarms_notice WHERE state = 'sent'"), SOON_S, "the row says so")
    assert asked(server, "SELECT count(*) FROM alarms_alarm") == [(1,)]


def test_the_commands_tell_of_it(server: Server) -> None:
    until(lambda: asked(server, "SELECT 1 FROM alarms_alarm"), SOON_S, "the alarm")
    [alarm] = json.loads(server.run("alarms", "--json", code=1))
    assert (alarm["kind"], alarm["program"], alarm["cause"]) == ("silence", 1, "no_calls")
    told = server.run("alarms", code=1)
    assert alarm["headline"] in told and "usually" in told
    assert alarm["headline"] in server.run("status")
    assert json.loads(server.run("status", "--json"))["alarms"] == [alarm["headline"]]


def test_the_mail_command_shows_answer_and_fault(server: Server, box: Mailbox) -> None:
    box.mute = set()
    assert "250 2.0.0 queued as 4711" in server.run("mail", "test", "otto@x.example")
    box.refuse = {"rcpt": "550 no such box"}
    ended = server.ended("mail", "test", "otto@x.example")
    assert ended.returncode == 2 and "refuses the recipient otto@x.example: 550 no such box" in ended.stderr
    assert "is no mail address" in server.ended("mail", "test", "otto").stderr
    box.refuse = {}


def test_an_order_of_the_shop_ends_it(server: Server) -> None:
    setup = server.data / "setup.toml"
    setup.write_text('[[partner]]\nid = 7\nname = "Anna"\n[[partner.approval]]\nprogram = 1\nproducts = ["*"]\n')
    server.run("catalog", "apply", str(setup))
    call = "/get_trans.cgi?cpid=1&tid=BACK-1&umsatz=10&pid=7&format=json"
    until(lambda: server.get(call).json()["reason"] in ("saved", "duplicate"), SOON_S, "the order is saved")
    asked(server, "UPDATE alarms_round SET next_ms = 0")
    until(lambda: asked(server, "SELECT 1 FROM alarms_alarm WHERE ended_ms IS NOT NULL"), SOON_S, "the end")
    assert server.run("alarms") == "No alarms.\n"
