"""Signatures of deliveries, byte for byte. docs/reference/deliveries.md tells the receiving side."""

import base64
import hashlib
import hmac


def sign_query(address: str, at_ms: int, key_number: int, secret: bytes) -> str:
    """The address with `ct_time`, `ct_key` and `ct_sig` at its end.

    Signed are the bytes of the query as they are sent, everything between `?` and `&ct_sig=`.
    """
    head, _, query = address.partition("?")
    signed = "&".join([*([query] if query else []), f"ct_time={at_ms}", f"ct_key={key_number}"])
    return f"{head}?{signed}&ct_sig={hmac.new(secret, signed.encode('ascii'), hashlib.sha256).hexdigest()}"


def sign_message(id: str, at_s: int, body: bytes, secrets: list[bytes]) -> str:
    """The header webhook-signature of the Standard Webhooks scheme: one `v1,…` for each secret, the newest first."""
    signed = f"{id}.{at_s}.".encode() + body
    made = (base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode() for secret in secrets)
    return " ".join(f"v1,{signature}" for signature in made)
