"""The link that a partner puts into his pages, written as `core/click.py` reads it."""

from urllib.parse import quote

OWN_LINK = "cc"
"""In `wmid`: a link that the partner built himself."""


def partner_link(
    base: str, program: int, creative: int | None, partner: int | None, subid: str = "", target: str = ""
) -> str:
    """The finished link; without a partner it ends where his number goes.

    base: address of the edge without a slash at its end. target: an alias or a full address; empty: the creative's.
    """
    further = "".join(
        f"&{name}={quote(text, safe='')}" for name, text in (("subid", subid), ("target", target)) if text
    )
    who = "" if partner is None else str(partner)
    return f"{base}/go.cgi?cpid={program}&wmid={creative or OWN_LINK}&pid={who}{further}"
