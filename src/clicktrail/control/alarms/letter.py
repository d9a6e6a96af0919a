"""A mail about an alarm: plain text, and the same as simple HTML. What others wrote is text in both, never markup."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from clicktrail.control.alarms.models import Alarm
from clicktrail.control.alarms.words import facts_of, moment

LONGEST_SUBJECT = 150


def letter(row: Alarm, sender: str, address: str, message_id: str, link: str) -> EmailMessage:
    """One person's mail; made anew for each attempt from what is true by then, under the same Message-ID."""
    facts = facts_of(row)
    zone = facts.get("zone", "UTC")
    figures = [(name, usual, now) for name, usual, now in facts.get("figures", [])]
    todo = list(facts.get("todo", []))
    about = [row.sentence, *([facts["rule"]] if "rule" in facts else [])]
    raised = f"Raised {moment(row.raised_ms, zone)}."
    plain = _plain(row.headline, about, figures, todo, raised, link)
    html = _html(row.headline, about, figures, todo, raised, link)
    return _message(f"Alarm: {row.headline}", sender, address, message_id, row.raised_ms, plain, html)


def trial(sender: str, address: str, message_id: str, now_ms: int) -> EmailMessage:
    """The test mail."""
    plain = "This is a test mail of Clicktrail. Alarms will come the same way.\n"
    return _message("Test mail of Clicktrail", sender, address, message_id, now_ms, plain, f"<p>{escape(plain)}</p>")


def _message(
    subject: str, sender: str, address: str, message_id: str, at_ms: int, plain: str, html: str
) -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = " ".join(subject.split())[:LONGEST_SUBJECT]
    made["From"], made["To"] = sender, address
    made["Date"] = format_datetime(datetime.fromtimestamp(at_ms / 1000, UTC))
    made["Message-ID"] = message_id
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(plain)
    made.add_alternative(f"<!doctype html><html><body>{html}</body></html>", subtype="html")
    return made


def _plain(
    headline: str, about: list[str], figures: list[tuple[str, str, str]], todo: list[str], raised: str, link: str
) -> str:
    lines = [headline, "", *about]
    if figures:
        lines += ["", *(f"{name}: {now}" + (f" (usually {usual})" if usual else "") for name, usual, now in figures)]
    if todo:
        lines += ["", "What to do next:", *(f"- {step}" for step in todo)]
    lines += ["", raised, *([link] if link else [])]
    return "\n".join(lines) + "\n"


def _html(
    headline: str, about: list[str], figures: list[tuple[str, str, str]], todo: list[str], raised: str, link: str
) -> str:
    parts = [f"<h2>{escape(headline)}</h2>", *(f"<p>{escape(line)}</p>" for line in about)]
    if figures:
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in figures)
        names = "<tr><th></th><th>usually</th><th>now</th></tr>"
        parts.append(f'<table border="1" cellpadding="6" cellspacing="0">{names}{rows}</table>')
    if todo:
        steps = "".join(f"<li>{escape(step)}</li>" for step in todo)
        parts.append(f"<p>What to do next:</p><ul>{steps}</ul>")
    parts.append(f"<p>{escape(raised)}</p>")
    if link:
        parts.append(f'<p><a href="{escape(link)}">{escape(link)}</a></p>')
    return "".join(parts)
