"""How many verdicts about earlier orders one network is told without proof."""

from clicktrail.addresses import Address, network_prefix

HOUR_S = 3600
MAX_QUOTA_NETWORKS = 50_000
"""Networks that one worker counts for; beyond it the one that asked longest ago is forgotten."""


class VerdictQuota:
    """A token bucket for each network: full at first, and refilled evenly within an hour."""

    def __init__(self, per_hour: int) -> None:
        """per_hour: 0 leaves the verdicts uncounted."""
        self._per_hour = per_hour
        self._buckets: dict[bytes, tuple[float, float]] = {}
        """Network -> (verdicts left, loop time at which that was so), the longest unused first."""

    def __len__(self) -> int:
        return len(self._buckets)

    def has_left(self, address: Address | None, now_s: float) -> bool:
        return not self._per_hour or self._left(_network(address), now_s) >= 1

    def count(self, address: Address | None, now_s: float) -> None:
        """One verdict was told."""
        if not self._per_hour:
            return
        network = _network(address)
        left = self._left(network, now_s) - 1
        self._buckets.pop(network, None)
        self._buckets[network] = (max(0.0, left), now_s)
        if len(self._buckets) > MAX_QUOTA_NETWORKS:
            del self._buckets[next(iter(self._buckets))]

    def _left(self, network: bytes, now_s: float) -> float:
        left, since_s = self._buckets.get(network, (float(self._per_hour), now_s))
        return min(self._per_hour, left + (now_s - since_s) * self._per_hour / HOUR_S)


def _network(address: Address | None) -> bytes:
    return network_prefix(address) if address is not None else b""
