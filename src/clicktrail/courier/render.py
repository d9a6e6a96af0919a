"""From a delivery to the request that is sent: address, headers, body."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clicktrail.core.delivery import Address, message
from clicktrail.core.receivers import WEBHOOK, delivery_id
from clicktrail.courier.sign import sign_message, sign_query

USER_AGENT = "Clicktrail-Courier/1"


@dataclass(frozen=True, slots=True)
class Target:
    """A receiver, ready to be called. secrets: (key number, secret), the newest first."""

    id: int
    kind: str
    address: Address
    host: str
    method: str
    paused: bool
    secrets: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is to be sent now."""

    id: int
    receiver: int
    key: str
    call: int
    facts: Mapping[str, Any]
    attempts: int
    since_ms: int

    @property
    def name(self) -> str:
        """The delivery id that the receiver sees."""
        return delivery_id(self.receiver, self.key, self.call)


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


def request_of(target: Target, due: Due, now_ms: int) -> Request:
    """Time stamp and signature are those of this attempt; the rest is the same each time."""
    return _webhook(target, due, now_ms) if target.kind == WEBHOOK else _postback(target, due, now_ms)


def _postback(target: Target, due: Due, now_ms: int) -> Request:
    """A POST carries its query a second time, as form fields: some servers read only the one, some the other."""
    number, secret = target.secrets[0]
    url = sign_query(target.address.fill({**due.facts, "delivery": due.name}), now_ms, number, secret)
    headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
    headers["Clicktrail-Delivery"] = due.name
    if target.method == "GET":
        return Request("GET", url, headers)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return Request("POST", url, headers, url.partition("?")[2].encode("ascii"))


def _webhook(target: Target, due: Due, now_ms: int) -> Request:
    body, at_s = message(due.facts), now_ms // 1000
    headers = {
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "webhook-id": due.name,
        "webhook-timestamp": str(at_s),
        "webhook-signature": sign_message(due.name, at_s, body, [secret for _, secret in target.secrets]),
    }
    return Request("POST", target.address.fill({**due.facts, "delivery": due.name}), headers, body)
