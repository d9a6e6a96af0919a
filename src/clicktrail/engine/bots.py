"""Whether a click came from a crawler: by the user agent and a kept list (crawler-user-agents)."""

from functools import lru_cache

KEPT_USER_AGENTS = 20_000
"""Verdicts in memory; the list is searched anew for a user agent beyond them."""


@lru_cache(maxsize=KEPT_USER_AGENTS)
def is_bot(user_agent: str) -> bool:
    """An empty user agent is no bot. The list is loaded at the first one that is not empty: it takes a while."""
    if not user_agent:
        return False
    from crawleruseragents import is_crawler

    return bool(is_crawler(user_agent))
