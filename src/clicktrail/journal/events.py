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
    clickid: str = ""
    """The ClickID that another system gave an imported click; else empty."""


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
    """`edge`, `console` (created by hand), `api`, `import` or `again` (an earlier call, judged once more)."""
    actor: str = ""
    """Who handed it in, where that was not a shop."""
    signed_by: int = 0
    """Number of the key of its valid signature, of an API call the key's; 0 where it proved nothing."""
    token: int = 0
    """Number of its valid token; 0: none."""
    listed: bool = False
    """Came from a network that the program lists."""
    proof_fault: str = ""
    """Why a proof that it gave does not count; or empty."""
    stamp_ms: int = 0
    """When it was signed; 0 where it was not."""
    again: int = 0
    """Id of the call that is judged once more; 0: none."""
    arrived_ms: int = 0
    """When the order happened, where that was before `at_ms`; 0: then."""
    house: bool = False
    """The call that is judged once more was handed in by the house itself."""
    separate: bool = False
    """A person decided that the call, judged once more, is of an order of its own, however similar its number is."""


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
