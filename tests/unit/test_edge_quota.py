"""How many verdicts about earlier orders one network is told without proof."""

from ipaddress import ip_address

import pytest

from clicktrail.addresses import network_of
from clicktrail.edge import quota as quota_module
from clicktrail.edge.quota import HOUR_S, VerdictQuota

HERE, NEIGHBOUR, ELSEWHERE = (ip_address(text) for text in ("203.0.113.7", "203.0.113.250", "203.0.114.7"))


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.7", "203.0.113.0"), ("255.255.255.255", "255.255.255.0"), ("2001:db8:1:2::3", "2001:db8:1::"),
     ("2001:db8:1:ffff::1", "2001:db8:1::"), ("::1", "::")],
)  # fmt: skip
def test_networks(address: str, network: str) -> None:
    assert network_of(ip_address(address)) == network


def _spend(quota: VerdictQuota, count: int, now_s: float = 0.0) -> int:
    told = 0
    for _ in range(count):
        if quota.has_left(HERE, now_s):
            quota.count(HERE, now_s)
            told += 1
    return told


def test_a_network_is_told_so_many_and_its_neighbours_share_them() -> None:
    quota = VerdictQuota(10)
    assert _spend(quota, 25) == 10
    assert not quota.has_left(NEIGHBOUR, 0.0)
    assert quota.has_left(ELSEWHERE, 0.0)
    assert quota.has_left(None, 0.0), "an address that is not known counts as one network"


def test_the_quota_refills_evenly_and_is_never_more_than_full() -> None:
    quota = VerdictQuota(10)
    _spend(quota, 10)
    assert not quota.has_left(HERE, HOUR_S / 10 - 1)
    assert _spend(quota, 25, HOUR_S / 10) == 1
    assert _spend(quota, 25, 100.0 * HOUR_S) == 10


def test_zero_leaves_verdicts_uncounted() -> None:
    quota = VerdictQuota(0)
    assert _spend(quota, 1000) == 1000
    assert len(quota) == 0


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota_module, "MAX_QUOTA_NETWORKS", 100)
    quota = VerdictQuota(1)
    for number in range(1000):
        quota.count(ip_address(0x0A000000 + 256 * number), 0.0)
    assert len(quota) == 100
    assert not quota.has_left(ip_address(0x0A000000 + 256 * 999), 0.0)
