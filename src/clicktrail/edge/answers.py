"""Answers as bytes, whole and ready to be written.

What is the same in every answer is put together once a second (the date is in it), so
that a click costs one concatenation.
"""

import base64
from email.utils import formatdate

import msgspec

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""1x1, transparent."""

STATUS = {
    200: b"200 OK",
    202: b"202 Accepted",
    204: b"204 No Content",
    302: b"302 Found",
    304: b"304 Not Modified",
    400: b"400 Bad Request",
    404: b"404 Not Found",
    405: b"405 Method Not Allowed",
    408: b"408 Request Timeout",
    409: b"409 Conflict",
    413: b"413 Content Too Large",
    414: b"414 URI Too Long",
    422: b"422 Unprocessable Content",
    431: b"431 Request Header Fields Too Large",
    501: b"501 Not Implemented",
    503: b"503 Service Unavailable",
}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
END = b"\r\n\r\n"
NO_STORE = b"Cache-Control: no-store\r\n"
OPEN = b"Access-Control-Allow-Origin: *\r\n"
"""Any page may read the answer: `core/disclosure.py` decides what a verdict tells its asker."""
TEXT = b"text/plain; charset=utf-8"
HTML = b"text/html; charset=utf-8"
JSON = b"application/json"
RETRY_AFTER_S = 5
NO_SNIFFING = b"X-Content-Type-Options: nosniff\r\n"
NOTHING_RUNS = b"Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; base-uri 'none'\r\n"
"""Our few pages need nothing of what a page can do."""

NOT_FOUND_PAGE = (
    b"<!doctype html><meta charset=utf-8><title>Not found</title>"
    b"<p>This link leads nowhere: there is no such page or program here.</p>\n"
)


class Answers:
    """Heads of the frequent answers, renewed each second."""

    def __init__(self) -> None:
        self.renew(0.0)

    def renew(self, unix_s: float) -> None:
        self.date = b"Date: " + formatdate(unix_s, usegmt=True).encode() + b"\r\n"
        self.found = self._head(302) + NO_STORE + b"Content-Length: 0\r\nLocation: "
        self.gif = self.whole(200, GIF, b"image/gif", OPEN)

    def _head(self, status: int) -> bytes:
        return b"HTTP/1.1 " + STATUS[status] + b"\r\n" + self.date

    def redirect(self, location: bytes) -> bytes:
        return self.found + location + END

    def whole(self, status: int, body: bytes = b"", kind: bytes = TEXT, more: bytes = NO_STORE) -> bytes:
        """An answer with a body; `more` is header lines. Unless it says otherwise nothing is kept by anyone."""
        if b"Cache-Control" not in more:
            more += NO_STORE
        about = b""
        if status not in (204, 304):
            about = b"Content-Type: %b\r\nContent-Length: %d\r\n" % (kind, len(body)) + NO_SNIFFING
        return self._head(status) + more + about + b"\r\n" + body

    def json(self, status: int, content: object) -> bytes:
        return self.whole(status, msgspec.json.encode(content), JSON, OPEN)

    def sentence(self, status: int, text: str, more: bytes = NO_STORE) -> bytes:
        return self.whole(status, text.encode() + b"\n", TEXT, more)

    def not_found(self) -> bytes:
        return self.whole(404, NOT_FOUND_PAGE, HTML, NO_STORE + NOTHING_RUNS)

    def retry_later(self) -> bytes:
        """The one 5xx of a postback: it could not be made durable, the shop sends it again."""
        return self.sentence(503, "The call could not be stored; please send it again.", OPEN + retry_after())


def retry_after() -> bytes:
    return b"Retry-After: %d\r\n" % RETRY_AFTER_S


def closing(answer: bytes, mark: bytes) -> bytes:
    """The same answer with a Connection header behind its status line."""
    return answer.replace(b"\r\n", b"\r\nConnection: " + mark + b"\r\n", 1)


def without_body(answer: bytes) -> bytes:
    """What HEAD gets: all headers, Content-Length too, and nothing behind them."""
    return answer[: answer.index(END) + len(END)]
