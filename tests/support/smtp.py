"""A real mail server on loopback, small enough to read: STARTTLS, sign-in, and every way to say no.

with smtp(tmp_path, user="anna", password="right") as server:
    server.mails       # what it took, as parsed messages
    server.refuse = {"rcpt": "550 no such box"}
"""

import asyncio
import base64
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "127.0.0.1"


@dataclass
class Mailbox:
    """One server. `refuse`: command in small letters (or `greeting`) -> answer in place of yes; `hang_up` after it."""

    user: str = ""
    password: str = ""
    starttls: bool = True
    implicit_tls: bool = False
    port: int = 0
    certificate: Path = Path()
    refuse: dict[str, str] = field(default_factory=dict)
    hang_up: set[str] = field(default_factory=set)
    mute: set[str] = field(default_factory=set)
    """Commands that get no answer at all."""
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    """Every line as it came, so that a test can look for what must not be said in the clear."""

    @property
    def certificates(self) -> str:
        return str(self.certificate)


@contextmanager
def smtp(folder: Path, **wanted: object) -> Iterator[Mailbox]:
    """Serves in a thread of its own for the time of the block."""
    box = Mailbox(**wanted)  # type: ignore[arg-type]
    box.certificate, key = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(box.certificate, key)
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        tls = context if box.implicit_tls else None
        server = await asyncio.start_server(lambda r, w: _session(box, context, r, w), HOST, 0, ssl=tls)
        box.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(120)
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(120)


async def _session(
    box: Mailbox, context: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        await _talk(box, context, reader, writer)
    except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def _talk(
    box: Mailbox, context: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    recipient = ""
    if "greeting" in box.hang_up:
        return
    await _say(writer, box.refuse.get("greeting", "220 mail.example ready"))
    while line := (await reader.readline()).decode().rstrip("\r\n"):
        box.heard.append(line)
        word = line.split(" ")[0].split(":")[0].lower()
        if word in box.mute:
            await reader.read()
        if word in box.mute | box.hang_up:
            return
        if word in box.refuse:
            await _say(writer, box.refuse[word])
        elif word == "starttls":
            await _say(writer, "220 go ahead")
            await writer.start_tls(context)
        elif word == "data":
            await _say(writer, "354 go on")
            await _say(writer, _take(box, recipient, await reader.readuntil(b"\r\n.\r\n")))
        else:
            recipient = line.partition("<")[2].rstrip(">") if word == "rcpt" else recipient
            await _say(writer, _answer(box, word, line, is_safe=writer.get_extra_info("ssl_object") is not None))


def _answer(box: Mailbox, word: str, line: str, is_safe: bool) -> str:
    if word == "ehlo":
        names = ["mail.example", *(["STARTTLS"] if box.starttls and not is_safe else [])]
        names += ["AUTH PLAIN"] if box.user else []
        return "\r\n".join([*(f"250-{name}" for name in names[:-1]), f"250 {names[-1]}"])
    if word == "auth":
        _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
        return "235 welcome" if (user, password) == (box.user, box.password) else "535 5.7.8 authentication failed"
    return "221 bye" if word == "quit" else "250 fine"


def _take(box: Mailbox, recipient: str, sent: bytes) -> str:
    if "body" in box.refuse:
        return box.refuse["body"]
    body = sent[:-3].replace(b"\r\n..", b"\r\n.")
    box.mails.append(message_from_bytes(body, policy=default))  # type: ignore[arg-type]
    box.recipients.append(recipient)
    return "250 2.0.0 queued as 4711"


async def _say(writer: asyncio.StreamWriter, text: str) -> None:
    writer.write(f"{text}\r\n".encode())
    await writer.drain()


def _certificate(folder: Path) -> tuple[Path, Path]:
    """One that signs itself, for 127.0.0.1; whoever trusts it (SSL_CERT_FILE) trusts this server."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    certificate, private = folder / "mail.crt", folder / "mail.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return certificate, private
