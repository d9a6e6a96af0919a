"""The one door to the mail server: a mail goes through it, or a fault comes back that says what to mend."""

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from typing import TypeVar

from clicktrail.errors import ClicktrailError
from clicktrail.settings import Settings

MAX_ANSWER = 500
"""Characters of a server's answer that are kept."""

Result = TypeVar("Result")


class MailFault(ClicktrailError):
    """What went wrong, and the mend. Everything is worth another attempt: people mend servers."""


def send(settings: Settings, message: EmailMessage, address: str) -> str:
    """Hand the mail to the server; its answer. Raises MailFault."""
    sender = sender_of(settings)
    body = message.as_bytes(policy=SMTP)
    with _connected(settings) as server:
        answer = _asked(lambda: server.mail(sender), settings, "at the sender")
        _told(answer, f"refuses the sender {sender}", "set mail_from to an address it lets you send from")
        answer = _asked(lambda: server.rcpt(address), settings, "at the recipient")
        _told(answer, f"refuses the recipient {address}", "look at the address in mail_to")
        answer = _asked(lambda: server.data(body), settings, "while the mail was handed over")
        return _told(answer, "refuses the mail", "its answer says why")


def sender_of(settings: Settings) -> str:
    if not settings.smtp_host:
        raise MailFault("No mail server is set: give smtp_host, smtp_port, mail_from and mail_to.")
    sender = settings.mail_from or (settings.smtp_user if "@" in settings.smtp_user else "")
    if not sender:
        raise MailFault("No sender is set: give mail_from, an address that the mail server lets you send from.")
    return sender


@contextmanager
def _connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    """Connected, protected as the settings want, signed in. What is not protected never sees the password."""
    sender_of(settings)
    server = _asked(lambda: _connect(settings), settings, "on connecting")
    try:
        _asked(server.ehlo_or_helo_if_needed, settings, "at the greeting")
        if settings.smtp_security == "starttls":
            _start_tls(server, settings)
        if settings.smtp_user:
            _sign_in(server, settings)
        yield server
        _leave(server)
    finally:
        server.close()


def _connect(settings: Settings) -> smtplib.SMTP:
    host, port, timeout = settings.smtp_host, settings.smtp_port, settings.smtp_timeout_s
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=timeout, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=timeout)


def _start_tls(server: smtplib.SMTP, settings: Settings) -> None:
    if not server.has_extn("starttls"):
        raise MailFault(
            f"The mail server {_place(settings)} does not offer STARTTLS; use smtp_security tls with port 465, or none "
            "for a server on this machine."
        )
    _asked(lambda: server.starttls(context=ssl.create_default_context()), settings, "at STARTTLS")
    _asked(server.ehlo, settings, "after STARTTLS")


def _sign_in(server: smtplib.SMTP, settings: Settings) -> None:
    try:
        _asked(lambda: server.login(settings.smtp_user, settings.smtp_password), settings, "at the sign-in")
    except smtplib.SMTPAuthenticationError as fault:
        answer = _text(fault.smtp_code, fault.smtp_error)
        raise MailFault(
            f"The mail server refuses the sign-in of {settings.smtp_user}: {answer}; look at smtp_user and "
            "smtp_password."
        ) from None
    except smtplib.SMTPException as fault:
        raise MailFault(f"The mail server takes no sign-in: {fault}; leave smtp_user empty, or use starttls.") from None


def _leave(server: smtplib.SMTP) -> None:
    """What happens at the farewell changes nothing: the mail has been taken."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        return


def _asked(action: Callable[[], Result], settings: Settings, when: str) -> Result:
    """The action, with whatever the net or the protocol does to it as a fault in words."""
    try:
        return action()
    except smtplib.SMTPAuthenticationError:
        raise
    except ssl.SSLCertVerificationError as fault:
        raise MailFault(
            f"The certificate of the mail server {_place(settings)} is not to be trusted: {fault.verify_message}; "
            "use the name that stands in it as smtp_host, or let this machine know its authority (SSL_CERT_FILE)."
        ) from None
    except ssl.SSLError as fault:
        raise MailFault(
            f"The mail server {_place(settings)} does not speak TLS {when} ({fault.reason or fault}); port 587 wants "
            "smtp_security starttls, port 465 tls."
        ) from None
    except socket.gaierror:
        raise MailFault(f"The name {settings.smtp_host} is not known: look at smtp_host.") from None
    except TimeoutError:
        raise MailFault(_mute(settings, when)) from None
    except smtplib.SMTPServerDisconnected as fault:
        # The library tells a silent server and one that hung up by the same class.
        said = _mute(settings, when) if "timed out" in str(fault) else _hung_up(settings, when)
        raise MailFault(said) from None
    except smtplib.SMTPResponseException as fault:
        answer = _text(fault.smtp_code, fault.smtp_error)
        raise MailFault(
            f"The mail server refuses {when}: {answer}; look at smtp_port and smtp_security, or ask who runs it."
        ) from None
    except OSError as fault:
        raise MailFault(
            f"The mail server {_place(settings)} cannot be reached ({fault.strerror or fault}); look at smtp_host and "
            "smtp_port."
        ) from None


def _mute(settings: Settings, when: str) -> str:
    return (
        f"The mail server {_place(settings)} gave no answer {when} within {settings.smtp_timeout_s} s; look at "
        "smtp_port (465 wants smtp_security tls), and whether a firewall lets mail out."
    )


def _hung_up(settings: Settings, when: str) -> str:
    return (
        f"The mail server {_place(settings)} hung up {when}; port 465 wants smtp_security tls, else its log says why."
    )


def _told(answer: tuple[int, bytes], refusal: str, mend: str) -> str:
    """The answer as text where it is a yes."""
    code, text = answer
    if not 200 <= code < 300:
        raise MailFault(f"The mail server {refusal}: {_text(code, text)}; {mend}.")
    return _text(code, text)


def _text(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return f"{code} {' '.join(text.split())}"[:MAX_ANSWER]


def _place(settings: Settings) -> str:
    return f"{settings.smtp_host}:{settings.smtp_port}"
