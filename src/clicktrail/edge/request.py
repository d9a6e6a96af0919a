"""One request, from the bytes of a connection: httptools reads, limits are kept here."""

import re
from typing import Any

import httptools

from clicktrail.settings import Settings

MAX_HEADERS = 200
"""Header lines of one request."""
RAW_FACTOR = 8
"""Chunks of one byte each take six bytes of the wire; a body may take up this much more than it holds."""

READ_BYTES = 256 * 1024
"""What may come in one read, and is counted to the request that it ends in."""
_ESCAPED_AMPERSAND = re.compile(rb"&#(?:0{0,5}38|[xX]0{0,5}26);")
_HIGH = re.compile(rb"[\x80-\xff]")
SPOKEN = ("1.0", "1.1")
ONCE = frozenset((b"host", b"content-length"))
"""Headers that a request must not repeat."""


class Fault(Exception):
    """The request cannot be served: (HTTP status, sentence)."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Request:
    __slots__ = ("body", "headers", "is_lasting", "method", "target", "version")

    def __init__(self) -> None:
        self.target = self.body = b""
        self.method = ""
        self.version = "1.1"
        self.headers: dict[bytes, bytes] = {}
        """Names in lower case; lines of one name joined with a comma."""
        self.is_lasting = True
        """The connection may go on after it."""

    def split(self) -> tuple[bytes, bytes]:
        """(path, query) of the target, which may be a full address, carry a fragment, or have several `?`."""
        target = self.target
        if b"#" in target:
            # `&#38;` is an `&` that a template escaped; any other `#` begins a fragment.
            target = _ESCAPED_AMPERSAND.sub(b"&", target).partition(b"#")[0]
        if target[:8].lower().startswith((b"http://", b"https://")):
            rest = target.partition(b"://")[2]
            cut = min((place for place in (rest.find(b"/"), rest.find(b"?")) if place >= 0), default=len(rest))
            target = rest[cut:]
        path, _, query = target.partition(b"?")
        return path or b"/", query.lstrip(b"?")


class Requests:
    """Reads the requests of one connection; `feed` returns those that are whole.

    Raises Fault, after which nothing more can be read; what was whole before it lies in `done`.
    """

    __slots__ = (
        "_body_bytes", "_head_bytes", "_is_in_line", "_limits", "_parser", "_raw_bytes",
        "_request", "done", "is_expecting", "is_inside",
    )  # fmt: skip

    def __init__(self, limits: Settings) -> None:
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._request = Request()
        self._head_bytes = self._body_bytes = self._raw_bytes = 0
        self._is_in_line = True
        self.done: list[Request] = []
        self.is_inside = False
        """Between the first byte of a request and its last."""
        self.is_expecting = False
        """The sender waits for a word before it sends the body."""

    def feed(self, data: bytes) -> list[Request]:
        if self._is_in_line or not self.is_inside:
            data = self._mend_line(data)
        while True:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # Nothing else is spoken here: the wish is passed over, what follows is HTTP again.
                self._parser = httptools.HttpRequestParser(self)
                data = data[upgrade.args[0] :]
                continue
            except httptools.HttpParserCallbackError as fault:
                raise _fault_in(fault) from None
            except httptools.HttpParserError as fault:
                raise Fault(400, f"This is not HTTP as it should be: {fault}") from None
            break
        if self.is_inside:
            self._count_raw(len(data))
        done, self.done = self.done, []
        return done

    def _mend_line(self, data: bytes) -> bytes:
        """Umlauts as they are: no address may hold such bytes, llhttp refuses them, and old shops send them."""
        end = data.find(b"\n")
        self._is_in_line = end < 0
        line = data if end < 0 else data[:end]
        return data if line.isascii() else _HIGH.sub(_percent, line) + data[len(line) :]

    def _count_raw(self, size: int) -> None:
        """Against senders that never come to the end of a line."""
        self._raw_bytes += size
        limits = self._limits
        head = limits.max_request_line_bytes + limits.max_header_bytes
        if self._raw_bytes > head + (RAW_FACTOR * limits.max_body_bytes if self._in_body() else 0) + READ_BYTES:
            raise Fault(431 if not self._in_body() else 413, "The request is larger than this server reads.")

    def _in_body(self) -> bool:
        return bool(self._request.method)

    # What httptools calls, in this order.

    def on_message_begin(self) -> None:
        self._request = Request()
        self._head_bytes = self._body_bytes = self._raw_bytes = 0
        self.is_inside = True

    def on_url(self, part: bytes) -> None:
        self._request.target += part
        if len(self._request.target) > self._limits.max_request_line_bytes:
            raise Fault(414, "The address is longer than this server reads.")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value) + 4
        headers = self._request.headers
        if self._head_bytes > self._limits.max_header_bytes or len(headers) >= MAX_HEADERS:
            raise Fault(431, "The headers are larger than this server reads.")
        if self._in_body():
            return  # A trailer says nothing that is wanted here.
        name = name.lower()
        earlier = headers.get(name)
        if earlier is not None and name in ONCE:
            raise Fault(400, f"The header {name.decode('latin-1')} stands there twice.")
        headers[name] = value if earlier is None else earlier + b", " + value

    def on_headers_complete(self) -> None:
        request, parser = self._request, self._parser
        request.version = parser.get_http_version()
        request.method = parser.get_method().decode("latin-1")
        request.is_lasting = parser.should_keep_alive()
        if request.version not in SPOKEN:
            raise Fault(400, f"HTTP/{request.version} is not spoken here.")
        if request.version == "1.1" and b"host" not in request.headers:
            raise Fault(400, "The header Host is missing.")
        if request.headers.get(b"transfer-encoding", b"chunked").strip().lower() != b"chunked":
            raise Fault(501, "No other transfer coding than chunked is known here.")
        length = request.headers.get(b"content-length", b"0")
        if length.isdigit() and len(length) < 20 and int(length) > self._limits.max_body_bytes:
            raise Fault(413, "The body is larger than this server reads.")
        self.is_expecting = request.headers.get(b"expect", b"").lower() == b"100-continue"

    def on_body(self, part: bytes) -> None:
        self._body_bytes += len(part)
        if self._body_bytes > self._limits.max_body_bytes:
            raise Fault(413, "The body is larger than this server reads.")
        self._request.body += part
        self.is_expecting = False

    def on_message_complete(self) -> None:
        self.is_inside = self.is_expecting = False
        self.done.append(self._request)


def _percent(found: re.Match[bytes]) -> bytes:
    return b"%%%02X" % found[0][0]


def _fault_in(error: BaseException) -> Fault:
    cause: Any = error.__context__ or error.__cause__
    return cause if isinstance(cause, Fault) else Fault(400, "The request cannot be read.")
