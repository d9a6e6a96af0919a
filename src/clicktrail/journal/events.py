"""What the journal carries: clicks and postbacks, as msgpack lists of one batch.

Every id is the first 63 bits of a ClickID (`core/clickid.py`); `tail` holds the other
26, so that a ClickID can be shown again after its check key is gone. Times are
milliseconds since 1970 UTC. `ip` is what the privacy mode let through, never the raw
address. Fields are only ever appended, each with a default: kept journals stay readable.
"""

import msgspec


class Click(msgspec.Struct, frozen=True, array_like=True, tag="c", gc=False):
    id: int
    tail: int
    at_ms: int
    catalog: int
    """Version of the catalog that decided it."""
    program: int
    partner: int
    """As asked for; 0 where the link named none or no number."""
    creative: int
    """0 where the link named none, or `cc`."""
    target: str
    """Alias, or the full address of a deeplink."""
    subid: str
    referrer: str
    ip: str
    user_agent: str
    extra: str
    """Parameters that the edge does not know, as a query string."""
    visitor: bytes
    outcome: str
    """`ok`, or the reason code why nobody is credited."""
    prefetch: bool


class Postback(msgspec.Struct, frozen=True, array_like=True, tag="p", gc=False):
    id: int
    tail: int
    at_ms: int
    catalog: int
    method: str
    params: dict[str, str]
    """Address and body joined, the body wins, the last of a name counts; clean text."""
    fault: str
    """Why the body could not be read (then the verdict is bad_call), or empty."""
    ip: str
    user_agent: str
    referrer: str
    source: str = "edge"
    """`edge`, `console` (created by hand) or `api`."""
    actor: str = ""
    """Who created it by hand."""


Event = Click | Postback

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Event])

encode_batch = _encoder.encode
"""list[Event] -> bytes."""


def decode_batch(body: bytes) -> list[Event]:
    """The events of one row; raises msgspec.DecodeError, whatever it is that cannot be read."""
    try:
        return _decoder.decode(body)
    except (UnicodeDecodeError, RecursionError) as fault:
        raise msgspec.DecodeError(str(fault)) from None
