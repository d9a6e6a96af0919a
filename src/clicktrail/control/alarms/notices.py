"""Mails about alarms: claimed by a conditional update, one at a time, tried again with growing pauses.

A process that dies between the server's yes and the row that says so sends the mail once more,
under the same Message-ID: at least once, and recognisable as one.
"""

import logging
import threading
import uuid
from urllib.parse import urlsplit

from django.db import DatabaseError, connection

from clicktrail import heartbeat
from clicktrail.control.alarms import letter, mail
from clicktrail.control.alarms.mail import MailFault
from clicktrail.control.alarms.models import Notice, NoticeState
from clicktrail.settings import Settings

LOOK_EVERY_S = 2
PAUSES_S = (60, 120, 300, 600, 1800, 3600)
"""Before the second attempt, the third and so on; the last one stays."""
MAX_ATTEMPTS = 20
"""Over about a day; then the mail is given up, and its alarm stands in the console."""
CLAIM_MS = 5 * 60_000
"""A claimed mail of a process that died is due again after this."""

log = logging.getLogger(__name__)


def watch(settings: Settings, stop: threading.Event) -> None:
    """Send what is due, until `stop`; the mail in hand is finished first."""
    while not stop.wait(LOOK_EVERY_S):
        try:
            while not stop.is_set() and send_next(settings, heartbeat.now_ms()):
                pass
        except DatabaseError as fault:
            log.warning("mails not looked at: %s", fault)
        finally:
            connection.close()


def send_next(settings: Settings, now_ms: int) -> bool:
    """Send one mail that is due; False where there is none."""
    if not settings.smtp_host:
        return False
    notice = _claim(now_ms)
    if notice is None:
        return False
    try:
        answer = _send(settings, notice)
    except MailFault as fault:
        _failed(notice, str(fault), now_ms)
    else:
        Notice.objects.filter(pk=notice.pk).update(state=NoticeState.SENT, sent_ms=now_ms, answer=answer)
        log.info("mail sent: alarm %d, %s", notice.alarm_id, answer)
    return True


def send_trial(settings: Settings, address: str) -> str:
    """Send a test mail now; the server's answer. Raises MailFault."""
    sender = mail.sender_of(settings)
    message_id = f"<test-{uuid.uuid4().hex}@{host_of(settings)}>"
    return mail.send(settings, letter.trial(sender, address, message_id, heartbeat.now_ms()), address)


def host_of(settings: Settings) -> str:
    return urlsplit(settings.public_url).hostname or "clicktrail.localhost"


def _claim(now_ms: int) -> Notice | None:
    """The next one that is due; nobody else has it until its claim has run out."""
    due = (
        Notice.objects.filter(state=NoticeState.DUE, due_ms__lte=now_ms)
        .select_related("alarm")
        .order_by("due_ms", "pk")
    )
    for notice in due[:10]:
        rows = Notice.objects.filter(pk=notice.pk, state=NoticeState.DUE, due_ms=notice.due_ms)
        if rows.update(due_ms=now_ms + CLAIM_MS, attempts=notice.attempts + 1):
            notice.attempts += 1
            return notice
    return None


def _send(settings: Settings, notice: Notice) -> str:
    base = settings.public_url.rstrip("/") or f"http://{settings.console}"
    link = f"{base}/alarms/alarm/{notice.alarm_id}/change/"
    message = letter.letter(notice.alarm, mail.sender_of(settings), notice.address, notice.message_id, link)
    return mail.send(settings, message, notice.address)


def _failed(notice: Notice, fault: str, now_ms: int) -> None:
    """Due again after a pause, or given up."""
    pause_s = PAUSES_S[min(notice.attempts, len(PAUSES_S)) - 1]
    state = NoticeState.GIVEN_UP if notice.attempts >= MAX_ATTEMPTS else NoticeState.DUE
    Notice.objects.filter(pk=notice.pk).update(state=state, due_ms=now_ms + pause_s * 1000, answer=fault)
    log.warning("mail not sent (attempt %d of %d): alarm %d, %s", notice.attempts, MAX_ATTEMPTS, notice.alarm_id, fault)
