"""Keys are made once, agreed upon by all, and destroyed when their day is over."""

import threading
from datetime import date, timedelta
from pathlib import Path

import pytest

from clicktrail import keys
from clicktrail.core.periods import DAY_MS
from clicktrail.errors import SettingsError

TODAY = date(2026, 3, 1)


def test_all_who_start_at_once_get_the_same_keys(tmp_path: Path) -> None:
    made: list[keys.Keys] = []
    days: list[bytes] = []

    def start() -> None:
        made.append(keys.create(tmp_path / "keys"))
        days.append(keys.visitor_key(tmp_path / "keys", TODAY))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == len(days) == 8
    assert all(key == made[0] for key in made)
    assert len(set(days)) == 1
    assert keys.load(tmp_path / "keys") == made[0]


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    keys.create(tmp_path / "keys")
    keys.visitor_key(tmp_path / "keys", TODAY)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}


def test_visitor_keys_differ_by_day_and_die_after_two(tmp_path: Path) -> None:
    days = [TODAY - timedelta(days=ago) for ago in range(6)]
    assert len({keys.visitor_key(tmp_path, day) for day in days}) == 6
    assert keys.destroy_old_visitor_keys(tmp_path, TODAY) == 3
    assert sorted(path.name for path in tmp_path.glob("visitor-*")) == [
        "visitor-2026-02-27.key",
        "visitor-2026-02-28.key",
        "visitor-2026-03-01.key",
    ]


@pytest.mark.parametrize("content", [None, "", "{}", '{"clickid": []}', '{"clickid": {"keys": {"0": "zz"}}}'])
def test_missing_and_torn_keys_are_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "keys.json").write_text(content)
    with pytest.raises(SettingsError, match="keys"):
        keys.load(tmp_path)


def test_four_keys_at_a_time_and_a_number_returns_only_after_the_longest_lifetime(tmp_path: Path) -> None:
    first = keys.create(tmp_path)
    assert [keys.rotate(tmp_path, day * DAY_MS, 30) for day in (1, 2, 3)] == [1, 2, 3]
    held = keys.load(tmp_path)
    assert (held.current, held.clickid[0], len(set(held.clickid.values()))) == (3, first.clickid[0], 4)
    assert (held.ip, held.django) == (first.ip, first.django)
    # Key 0 signed its last click on day 1, when key 1 came.
    with pytest.raises(SettingsError, match="key 0 may still earn something: rotate again from 1970-02-02 on"):
        keys.rotate(tmp_path, 31 * DAY_MS, 30)
    assert keys.load(tmp_path) == held
    assert keys.rotate(tmp_path, 32 * DAY_MS, 30) == 0
    again = keys.load(tmp_path)
    assert again.clickid[0] != first.clickid[0]
    assert {n: again.clickid[n] for n in (1, 2, 3)} == {n: held.clickid[n] for n in (1, 2, 3)}
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
