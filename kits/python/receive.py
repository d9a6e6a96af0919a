"""Receiving from Clicktrail: is a call genuine? One file, nothing to install. Python 3.8 or later."""

import base64
import hashlib
import hmac
import re

TAIL = re.compile(r"(?:^|&)ct_time=(\d+)&ct_key=(\d+)\Z", re.ASCII)


def postback_is_genuine(query, secrets, now_ms, window_ms=300_000):
    """query: the query as it arrived (QUERY_STRING); secrets: {key number: 64 hex digits}."""
    signed, mark, signature = query.rpartition("&ct_sig=")
    found = TAIL.search(signed)
    if not mark or found is None or int(found[2]) not in secrets:
        return False
    wanted = hmac.new(bytes.fromhex(secrets[int(found[2])]), signed.encode("latin-1"), hashlib.sha256).hexdigest()
    genuine = hmac.compare_digest(wanted.encode(), signature.encode("latin-1", "replace"))
    return genuine and abs(now_ms - int(found[1])) <= window_ms


def webhook_is_genuine(body, headers, secret, now_s, window_s=300):
    """body: bytes; headers: a mapping with names in lower case; secret: whsec_..."""
    time = headers.get("webhook-timestamp", "")
    if not (time.isascii() and time.isdigit()) or abs(now_s - int(time)) > window_s:
        return False
    key = base64.b64decode(secret[len("whsec_") :])
    signed = f"{headers.get('webhook-id', '')}.{time}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(wanted.encode(), one.encode("latin-1", "replace")) for one in given)
