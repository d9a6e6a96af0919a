"""Mails through a real mail server: what it takes, every way it can refuse, once a person, also after a crash."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.folder import booted
from support.observe import until
from support.smtp import HOST, Mailbox, smtp

from clicktrail.settings import Settings

NOW = 1_795_000_000_000
SECRET = "s3cret-Passw0rd"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Tables for all tests of this file; each begins without alarms."""
    yield booted(tmp_path_factory.mktemp("mail"))
    from django.db import connection

    connection.close()


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with smtp(tmp_path, user="anna", password=SECRET) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.certificates)
        yield server


def with_mail(house: Settings, box: Mailbox, **more: Any) -> Settings:
    values: dict[str, Any] = {
        "smtp_host": HOST, "smtp_port": box.port, "smtp_user": box.user, "smtp_password": SECRET, "smtp_timeout_s": 5,
        "mail_from": "alarms@shop.example", "mail_to": ("mona@x.example", "otto@x.example"),
        "public_url": "https://track.example",
    }  # fmt: skip
    return Settings(data=house.data, **(values | more))


def fault_of(settings: Settings) -> str:
    from clicktrail.control.alarms.mail import MailFault
    from clicktrail.control.alarms.notices import send_trial

    with pytest.raises(MailFault) as caught:
        send_trial(settings, "mona@x.example")
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_a_test_mail_shows_the_servers_answer(house: Settings, box: Mailbox) -> None:
    from clicktrail.control.alarms.notices import send_trial

    assert send_trial(with_mail(house, box), "mona@x.example") == "250 2.0.0 queued as 4711"
    [mail] = box.mails
    assert (mail["To"], mail["From"]) == ("mona@x.example", "alarms@shop.example")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_starttls_comes_before_the_password(house: Settings, box: Mailbox) -> None:
    from clicktrail.control.alarms.notices import send_trial

    send_trial(with_mail(house, box), "mona@x.example")
    words = [line.split(" ")[0].upper() for line in box.heard]
    assert words.index("STARTTLS") < words.index("AUTH")


def test_a_server_without_starttls_never_sees_the_password(house: Settings, box: Mailbox) -> None:
    box.starttls = False
    assert "does not offer STARTTLS" in fault_of(with_mail(house, box))
    assert not [line for line in box.heard if line.upper().startswith(("AUTH", "MAIL"))]


FAULTS = [
    ("STARTTLS refused", {"refuse": {"starttls": "454 not now"}}, {}, "refuses at STARTTLS: 454 not now"),
    ("wrong password", {}, {"smtp_password": "wrong"}, "refuses the sign-in of anna: 535 5.7.8"),
    ("sender refused", {"refuse": {"mail": "553 not yours"}}, {}, "the sender alarms@shop.example: 553 not yours"),
    ("recipient refused", {"refuse": {"rcpt": "550 no such box"}}, {}, "refuses the recipient mona@x.example: 550"),
    ("mail refused", {"refuse": {"body": "552 too big"}}, {}, "refuses the mail: 552 too big"),
    ("no welcome", {"refuse": {"greeting": "554 go away"}}, {}, "refuses on connecting: 554 go away"),
    ("hangs up at once", {"hang_up": {"greeting"}}, {}, "hung up on connecting"),
    ("hangs up at the mail", {"hang_up": {"data"}}, {}, "hung up while the mail was handed over"),
    ("gives no answer", {"mute": {"rcpt"}}, {"smtp_timeout_s": 1}, "gave no answer at the recipient within 1 s"),
    ("tls on a plain port", {}, {"smtp_security": "tls"}, "does not speak TLS"),
    ("no such name", {}, {"smtp_host": "nowhere.invalid"}, "The name nowhere.invalid is not known"),
    ("no sender", {}, {"mail_from": ""}, "give mail_from"),
    ("no server", {}, {"smtp_host": ""}, "give smtp_host"),
]  # fmt: skip


@pytest.mark.parametrize(("mood", "other", "words"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_every_fault_is_told(house: Settings, box: Mailbox, mood: Any, other: Any, words: str) -> None:
    for name, value in mood.items():
        setattr(box, name, value)
    assert words in fault_of(with_mail(house, box, **other))
    assert box.mails == []


def test_a_certificate_that_nobody_vouches_for(house: Settings, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "is not to be trusted" in fault_of(with_mail(house, box))
    assert not [line for line in box.heard if line.upper().startswith("AUTH")]


def test_a_server_that_is_gone(house: Settings, tmp_path: Path) -> None:
    with smtp(tmp_path) as gone:
        pass
    assert "cannot be reached" in fault_of(with_mail(house, gone))


def test_tls_from_the_first_byte(house: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.alarms.notices import send_trial

    with smtp(tmp_path, implicit_tls=True) as box:
        monkeypatch.setenv("SSL_CERT_FILE", box.certificates)
        assert send_trial(with_mail(house, box, smtp_security="tls"), "mona@x.example").startswith("250")


# Alarms


def raised(headline: str = "Garden shop (1): no orders since 07:45", **facts: Any) -> Any:
    from clicktrail.control.alarms import book
    from clicktrail.control.alarms.models import Alarm

    Alarm.objects.all().delete()
    told = book.Told("silence", 1, NOW - 1000, headline, "no_calls", "No <calls> at all.", facts)
    return book.raise_alarm(told, NOW)


def noted(settings: Settings, row: Any, now_ms: int = NOW) -> None:
    from clicktrail.control.alarms import book

    book.notify(row, settings.mail_to, "track.example", now_ms)


def send_all(settings: Settings, now_ms: int) -> int:
    from clicktrail.control.alarms.notices import send_next

    number = 0
    while send_next(settings, now_ms):
        number += 1
    return number


def notices() -> list[Any]:
    from clicktrail.control.alarms.models import Notice

    return list(Notice.objects.order_by("pk"))


def test_everybody_gets_one_mail_an_alarm(house: Settings, box: Mailbox) -> None:
    settings = with_mail(house, box)
    row = raised(figures=[["Orders <b>", "42", "0"]], todo=["Call the shop."], rule="The rule.", zone="Europe/Berlin")
    for _ in range(3):
        noted(settings, row)
        send_all(settings, NOW)
    assert box.recipients == ["mona@x.example", "otto@x.example"]
    mail = box.mails[0]
    plain, html = (part.get_content() for part in mail.iter_parts())
    assert mail["Subject"] == "Alarm: Garden shop (1): no orders since 07:45"
    for words in ("No <calls> at all.", "Orders <b>: 0 (usually 42)", "- Call the shop.", "The rule."):
        assert words in plain
    assert f"https://track.example/alarms/alarm/{row.pk}/change/" in plain
    assert "No &lt;calls&gt; at all." in html and "Orders &lt;b&gt;" in html
    assert {notice.state for notice in notices()} == {"sent"}


def test_a_name_cannot_add_a_header(house: Settings, box: Mailbox) -> None:
    settings = with_mail(house, box, mail_to=("mona@x.example",))
    noted(settings, raised("Shop\r\nBcc: all@x.example"))
    send_all(settings, NOW)
    assert box.mails[0]["Bcc"] is None and box.recipients == ["mona@x.example"]


def test_a_mail_that_is_not_taken_is_tried_again_later(house: Settings, box: Mailbox) -> None:
    settings = with_mail(house, box, mail_to=("mona@x.example",))
    noted(settings, raised())
    box.refuse = {"rcpt": "451 later"}
    assert send_all(settings, NOW) == 1
    [notice] = notices()
    assert (notice.state, notice.attempts, notice.due_ms) == ("due", 1, NOW + 60_000)
    assert "451 later" in notice.answer
    box.refuse = {}
    assert send_all(settings, NOW + 59_999) == 0
    assert send_all(settings, NOW + 60_000) == 1
    assert len(box.mails) == 1 and notices()[0].state == "sent"


def test_it_is_given_up_in_the_end(house: Settings, box: Mailbox) -> None:
    from clicktrail.control.alarms.models import Notice
    from clicktrail.control.alarms.notices import MAX_ATTEMPTS, PAUSES_S

    settings = with_mail(house, box, mail_to=("mona@x.example",))
    noted(settings, raised())
    box.refuse = {"rcpt": "451 later"}
    Notice.objects.update(attempts=MAX_ATTEMPTS - 1)
    send_all(settings, NOW)
    assert notices()[0].state == "given_up"
    assert sum(PAUSES_S) + PAUSES_S[-1] * (MAX_ATTEMPTS - len(PAUSES_S) - 1) > 12 * 3600


def test_a_crash_right_after_the_servers_yes_repeats_the_same_mail(house: Settings, box: Mailbox) -> None:
    """The row says `sent` only after the yes: what died between is due again, under the same Message-ID."""
    from clicktrail.control.alarms.notices import CLAIM_MS, send_next

    settings = with_mail(house, box, mail_to=("mona@x.example",))
    noted(settings, raised())

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clicktrail.control.alarms.notices.log.info", die)
        patch.setattr("clicktrail.control.alarms.mail._leave", die)
        with pytest.raises(Killed):
            send_next(settings, NOW)
    assert len(box.mails) == 1 and notices()[0].state == "due"
    assert not send_next(settings, NOW + CLAIM_MS - 1), "nobody else takes it meanwhile"
    assert send_next(settings, NOW + CLAIM_MS)
    assert len({mail["Message-ID"] for mail in box.mails}) == 1 and len(box.mails) == 2
    assert not send_next(settings, NOW + 10 * CLAIM_MS)


def test_two_processes_never_send_the_same_one(house: Settings, box: Mailbox) -> None:
    from clicktrail.control.alarms import notices as ours

    settings = with_mail(house, box, mail_to=("mona@x.example",))
    noted(settings, raised())
    assert ours._claim(NOW) is not None and ours._claim(NOW) is None


def test_an_alarm_that_ended_sends_nothing_any_more(house: Settings, box: Mailbox) -> None:
    from clicktrail.control.alarms import book

    settings = with_mail(house, box)
    row = raised()
    noted(settings, row)
    book.end(row, "Ended.", NOW)
    assert send_all(settings, NOW) == 0 and box.mails == []


def test_without_a_server_nothing_is_tried(house: Settings, box: Mailbox) -> None:
    settings = with_mail(house, box, smtp_host="")
    noted(settings, raised())
    assert send_all(settings, NOW) == 0


def test_the_watch_sends_and_stops(house: Settings, box: Mailbox) -> None:
    """The thread of the control process, from a row that is due to a mail that is taken."""
    import threading

    from clicktrail import heartbeat
    from clicktrail.control.alarms.notices import watch

    settings = with_mail(house, box, mail_to=("mona@x.example",))
    noted(settings, raised(), heartbeat.now_ms())
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=(settings, stop))
    thread.start()
    try:
        until(lambda: box.mails, 15, "the mail")
    finally:
        stop.set()
        thread.join(120)
    assert not thread.is_alive()


def test_the_password_is_shown_nowhere(house: Settings, box: Mailbox, caplog: pytest.LogCaptureFixture) -> None:
    from clicktrail.settings import shown

    settings = with_mail(house, box, mail_to=("mona@x.example",))
    assert shown(settings)["smtp_password"] == "…"
    noted(settings, raised())
    box.refuse = {"auth": "535 no"}
    with caplog.at_level("DEBUG"):
        send_all(settings, NOW)
    assert SECRET not in caplog.text and SECRET not in notices()[0].answer
