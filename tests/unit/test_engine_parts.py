"""Parts of the engine that need no ledger: visitors, periods, set-aside, retention, catalogs, pages of journals."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.cast import CATALOG

from clicktrail import catalogfile
from clicktrail.core.periods import bucket_s, day_of
from clicktrail.engine import net
from clicktrail.engine.bots import is_bot
from clicktrail.engine.catalogs import Catalogs
from clicktrail.engine.clicks import host_of
from clicktrail.engine.net import WINDOW_MS, Visitors
from clicktrail.engine.setaside import find
from clicktrail.journal.local import File
from clicktrail.journal.retention import DAY_MS, removable


def _ms(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "at_ms", "day"),
    [
        ("UTC", _ms(1970, 1, 1), 0),
        ("Europe/Berlin", _ms(2025, 1, 1, 22, 59), 20_089),
        ("Europe/Berlin", _ms(2025, 1, 1, 23, 0), 20_090),
        ("Asia/Kathmandu", _ms(2025, 1, 1, 18, 14, 59), 20_089),
        ("Asia/Kathmandu", _ms(2025, 1, 1, 18, 15), 20_090),
        ("Pacific/Honolulu", _ms(2025, 1, 2, 9, 59), 20_089),
    ],
)
def test_a_day_is_the_zones(zone: str, at_ms: int, day: int) -> None:
    assert day_of(zone, at_ms) == day


def test_a_bucket_is_an_hour_or_a_part_of_one() -> None:
    at = _ms(2025, 1, 1, 10, 50)
    assert [bucket_s(at, minutes) for minutes in (60, 30, 15)] == [
        _ms(2025, 1, 1, 10) // 1000,
        _ms(2025, 1, 1, 10, 30) // 1000,
        _ms(2025, 1, 1, 10, 45) // 1000,
    ]


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        ("https://Blog.Example/a?b", "blog.example"),
        ("http://user@h:8080/", "h"),
        ("", ""),
        ("no address", ""),
        ("http://[::1", ""),
        ("android-app://com.example", "com.example"),
    ],
)
def test_the_host_of_a_referrer(referrer: str, host: str) -> None:
    assert host_of(referrer) == host


@pytest.mark.parametrize(
    ("user_agent", "bot"),
    [
        ("", True),
        (" ", True),
        ("-", True),
        ("null", True),
        ("Microsoft Office Existence Discovery", True),
        ("Microsoft Office Protocol Discovery", True),
        ("Mozilla/4.0 (compatible; ms-office; MSOffice 16)", True),
        ("Microsoft-WebDAV-MiniRedir/10.0.19041", True),
        ("Mimecast-Analysis/1.0", True),
        ("Barracuda Sentinel (EE)", True),
        ("Mozilla/5.0 (compatible; Proofpoint URL Defense)", True),
        ("TrendMicro URL Scanner", True),
        ("Java/1.8.0_292", True),
        ("Java-http-client/17.0.1", True),
        ("Apache-HttpClient/4.5.13 (Java/11.0.11)", True),
        ("python-requests/2.31.0", True),
        ("Python-urllib/3.11", True),
        ("GuzzleHttp/7", True),
        ("PHP/8.2.1", True),
        ("Ruby", True),
        ("undici", True),
        ("node", True),
        ("PostmanRuntime/7.32.3", True),
        ("Wget/1.21.3", True),
        ("Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041", True),
        # People: phones and webviews of apps.
        (
            "Mozilla/5.0 (Linux; Android 10; CUBOT_X30) AppleWebKit/537.36 Chrome/91.0 Mobile Safari/537.36",
            False,
        ),
        (
            "Mozilla/5.0 (Linux; Android 9; CUBOT NOTE 20 Build/PPR1) AppleWebKit/537.36 Chrome/90.0 Safari/537.36",
            False,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 "
            "Instagram 324.0.3.26.85 (iPhone14,5; iOS 17_4; de_DE)",
            False,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 [FBAN/FBIOS;FBAV/456.0]",
            False,
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; SM-A536B; wv) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 "
            "musical_ly_2023 BytedanceWebview/d8a21c6",
            False,
        ),
        ("Mozilla/5.0 (Linux; Android 12; wv) AppleWebKit/537.36 Chrome/108.0 Mobile Safari/537.36 GSA/14.2", False),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Teams/1.6", False),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15", False),
        ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0; .NET CLR 3.5; InfoPath.3) like Gecko", False),
        ("Opera/9.80 (J2ME/MIDP; Opera Mini/9.80/191.293; U; de) Presto/2.12.423 Version/12.16", False),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", False),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True),
        ("curl/8.5.0", True),
    ],
)
def test_crawlers_are_known_by_the_kept_list(user_agent: str, bot: bool) -> None:
    assert is_bot(user_agent) is bot


def test_a_visit_lasts_a_quarter_of_an_hour_from_its_first_click() -> None:
    visitors = Visitors()
    times = [0, 1, WINDOW_MS - 1, WINDOW_MS, WINDOW_MS + 1, 2 * WINDOW_MS - 1, 2 * WINDOW_MS]
    assert [visitors.is_first(b"v", 1, 7, at) for at in times] == [True, False, False, True, False, False, True]


def test_visits_are_apart_by_visitor_program_and_partner() -> None:
    visitors = Visitors()
    keys = [(b"v", 1, 7), (b"w", 1, 7), (b"v", 2, 7), (b"v", 1, 8), (b"", 1, 7), (b"", 1, 7)]
    assert all(visitors.is_first(*key, 0) for key in keys)


def test_a_click_that_is_read_late_belongs_to_the_visit() -> None:
    visitors = Visitors()
    assert visitors.is_first(b"v", 1, 7, 10_000)
    assert not visitors.is_first(b"v", 1, 7, 9_000)


def test_visitors_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "MAX_VISITORS", 10)
    visitors = Visitors()
    for n in range(100):
        visitors.is_first(b"%d" % n, 1, 7, n)
    assert len(visitors._young) + len(visitors._old) <= 20
    assert not visitors.is_first(b"99", 1, 7, 100)


@pytest.mark.parametrize("bad", [set(), {0}, {6}, {0, 6}, {2, 3}, set(range(7))])
def test_what_cannot_be_stored_is_found_by_halving(bad: set[int]) -> None:
    tried: list[int] = []

    def try_to_store(items: Sequence[int]) -> str | None:
        tried.append(len(items))
        return f"bad: {min(bad & set(items))}" if bad & set(items) else None

    assert find(range(7), try_to_store, attempts=100) == [(n, f"bad: {n}") for n in sorted(bad)]
    assert len(tried) <= 13


@pytest.mark.parametrize("attempts", range(3, 14))
def test_the_search_for_what_cannot_be_stored_is_bounded_and_finds_at_least_one(attempts: int) -> None:
    tried: list[int] = []

    def refuse(items: Sequence[int]) -> str | None:
        tried.append(len(items))
        return "bad"

    found = find(range(7), refuse, attempts)
    assert found and {note for _, note in found} == {"bad"}
    assert len(tried) <= attempts


def _file(node: int, created_ms: int) -> File:
    return File(f"{node:016d}{created_ms:016d}", node, created_ms, Path(f"{created_ms:013d}-x.sqlite"))


def test_the_newest_file_of_a_node_stays() -> None:
    files = [_file(1, 1), _file(1, 2), _file(2, 1)]
    done = {file.identity: 0 for file in files}
    assert removable(files, done, now_ms=100 * DAY_MS, keep_days=7, backup_ms=None) == [files[0]]
    assert removable(files, {}, now_ms=100 * DAY_MS, keep_days=7, backup_ms=None) == []


def test_a_catalog_is_taken_up_and_older_ones_are_kept(tmp_path: Path) -> None:
    now_s = 0.0
    catalogs = Catalogs(tmp_path, lambda: now_s)
    assert catalogs.current() is None
    first, second = CATALOG, replace(CATALOG, version=2, published_ms=5)
    catalogfile.write(tmp_path, first)
    assert catalogs.current() == first
    catalogfile.write(tmp_path, second)
    assert catalogs.current() == first, "looked at four times a second, not always"
    assert catalogs.at(2) == second, "but at once where an event names a newer one"
    assert catalogs.at(1) == first
    assert catalogs.at(0) == catalogs.at(77) == second
    now_s = 1.0
    (tmp_path / catalogfile.CURRENT).write_bytes(b"torn")
    assert catalogs.current() == second
    assert "not a catalog" in catalogs.fault
