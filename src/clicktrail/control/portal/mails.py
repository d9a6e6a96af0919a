"""What an applicant is told by mail, where a mail server is set up; his page says the same without one."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from clicktrail import log
from clicktrail.control.alarms import mail
from clicktrail.control.portal.models import Application


def approved(application: Application) -> str:
    """What became of the mail, in a sentence."""
    with translation.override(application.language or "en"):
        subject = _("Your application was approved")
        body = _("Welcome, %(name)s! You are a partner now. Sign in here: %(address)s")
        body %= {"name": application.name, "address": _address()}
    return _send(application, subject, body)


def declined(application: Application) -> str:
    with translation.override(application.language or "en"):
        subject = _("Your application was declined")
        body = _("Hello %(name)s, we have declined your application.") % {"name": application.name}
    return _send(application, subject, "\n\n".join(filter(None, [body, application.why])))


def proof(application: Application, path: str, days: int) -> str:
    """path: of the link."""
    with translation.override(application.language or "en"):
        subject = _("Please confirm your e-mail")
        body = _(
            "Hello %(name)s, somebody has applied as a partner with this address. If it was you, open this link within "
            "%(days)s days and sign in: %(address)s\n\nIf it was not you, do nothing: then the application is "
            "forgotten."
        )
        body %= {"name": application.name, "days": days, "address": _house() + path}
    return _send(application, subject, body)


def _address() -> str:
    return f"{_house()}/partner/"


def _house() -> str:
    house = settings.CLICKTRAIL
    return house.public_url.rstrip("/") or f"http://{house.console}"


def _send(application: Application, subject: str, body: str) -> str:
    house = settings.CLICKTRAIL
    if not house.smtp_host:
        return _("No mail was sent: no mail server is set up.")
    try:
        mail.send(house, _letter(mail.sender_of(house), application.email, subject, body), application.email)
    except mail.MailFault as fault:
        log.get().warning("mail to an applicant failed", application=application.pk, fault=str(fault))
        return _("The mail to %(address)s could not be sent: %(fault)s") % {
            "address": application.email, "fault": fault
        }  # fmt: skip
    return _("A mail to %(address)s tells it.") % {"address": application.email}


def _letter(sender: str, address: str, subject: str, body: str) -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = subject, sender, address
    made["Date"] = format_datetime(datetime.now(UTC))
    made["Message-ID"] = make_msgid(domain="clicktrail.invalid")
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(f"{body}\n")
    return made
