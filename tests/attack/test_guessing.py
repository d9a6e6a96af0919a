"""Brute force: guessing passwords and codes, from one address and from many, and keeping somebody else out by it."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.folder import booted, fresh
from support.observe import until
from support.stranger import PASSWORD, Clock, Stranger, account, code_at, code_now, quick_passwords, switch_on

from clicktrail.settings import Settings

WAIT = re.compile(r"There were too many wrong attempts\. Please wait (\d+) (second|minute)s?, then try again\.")


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    from django.db import connection

    made = fresh(tmp_path / "data")
    with quick_passwords():
        account("mona")
        yield made
    connection.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("clicktrail.heartbeat.now_ms", made)
    return made


def waiting_s(text: str) -> int:
    """What the page asks one to wait; 0 where it does not."""
    found = WAIT.search(text)
    return int(found[1]) * (60 if found[2] == "minute" else 1) if found else 0


def tries(stranger: Stranger, name: str, count: int) -> list[int]:
    return [waiting_s(stranger.sign_in(name, f"guess-{n}").text) for n in range(count)]


def test_after_five_wrong_guesses_the_pause_grows(settings: Settings, clock: Clock) -> None:
    thief, waits = Stranger(), []
    assert tries(thief, "mona", 6) == [0] * 6, "the sixth wrong one begins the pause"
    for _ in range(10):
        wait = tries(thief, "mona", 1)[0]
        waits.append(wait)
        clock.passes(wait)
        assert tries(thief, "mona", 1) == [0], "after it one more guess is judged"
    assert waits[:4] == [5, 10, 20, 40] and waits[-1] == 900
    assert waits == sorted(waits)


def test_the_right_password_does_not_pass_while_the_pause_lasts(settings: Settings, clock: Clock) -> None:
    thief = Stranger()
    tries(thief, "mona", 6)
    assert waiting_s(thief.sign_in("mona").text) == 5 and not thief.is_inside
    clock.passes(5)
    assert thief.sign_in("mona").address == "/"


def test_knocking_during_the_pause_makes_it_no_longer(settings: Settings, clock: Clock) -> None:
    thief = Stranger()
    tries(thief, "mona", 6)
    assert set(tries(thief, "mona", 20)) == {5}
    clock.passes(5)
    assert thief.sign_in("mona").address == "/"


def test_a_sign_in_takes_back_what_was_counted_there(settings: Settings, clock: Clock) -> None:
    mona = Stranger()
    for _ in range(4):
        assert tries(mona, "mona", 4) == [0] * 4
        assert mona.sign_in("mona").address == "/"
        mona.post("/logout/")


def test_an_own_account_is_no_key_to_more_guesses_at_another(settings: Settings, clock: Clock) -> None:
    """Signing in in between takes back one's own attempts, and nothing else of the address."""
    account("eve")
    eve, judged = Stranger(), 0
    for n in range(60):
        judged += tries(eve, f"name-{n}", 1) == [0]
        if eve.sign_in("eve").address == "/":
            eve.post("/logout/")
    assert judged == 21, "twenty from one address, and the one that begins the pause"


def test_an_unknown_name_is_answered_like_a_known_one(settings: Settings, clock: Clock) -> None:
    unknown = [Stranger(address="203.0.113.9").sign_in("nobody", "x").html for _ in range(8)]
    known = [Stranger(address="203.0.113.10").sign_in("mona", "x").html for _ in range(8)]
    assert waiting_s(unknown[-1]) == 5 and waiting_s(unknown[0]) == 0
    assert _plain(unknown, "nobody") == _plain(known, "mona")


def _plain(pages: list[str], name: str) -> list[str]:
    """Without the form's token, and without the name that was typed."""
    return [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page).replace(f'"{name}"', "") for page in pages]


def test_an_unknown_name_costs_the_same_hashing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *a: hashed.append(1) or encode(*a))
    counts = []
    for name in ("mona", "nobody"):
        hashed.clear()
        Stranger().sign_in(name, "x")
        counts.append(len(hashed))
    assert counts == [1, 1]


def test_spelling_a_name_differently_is_no_way_round(settings: Settings, clock: Clock) -> None:
    thief = Stranger()
    for name in ("mona", "MONA", " mona ", "Mona", "\uff4dona", "mona"):
        tries(thief, name, 1)
    assert tries(thief, "mona", 1) == [5]


def test_a_forged_forwarding_header_is_no_other_address(settings: Settings, clock: Clock) -> None:
    thief = Stranger()
    for n in range(6):
        thief.client.post("/login/", {"username": "mona", "password": "x"}, headers={"x-forwarded-for": f"192.0.2.{n}"})
    assert tries(thief, "mona", 1) == [5]


def test_addresses_of_one_household_count_as_one(settings: Settings, clock: Clock) -> None:
    for n in range(6):
        tries(Stranger(address=f"2001:db8:1:2::{n}"), "mona", 1)
    assert tries(Stranger(address="2001:db8:1:2:aaaa::1"), "mona", 1) == [5]
    assert tries(Stranger(address="2001:db8:1:3::1"), "mona", 1) == [0]


def test_many_addresses_that_try_one_name_are_slowed_down_too(settings: Settings, clock: Clock) -> None:
    judged = sum(tries(Stranger(address=f"192.0.2.{n}"), "mona", 1) == [0] for n in range(80))
    assert judged == 51
    assert 0 < tries(Stranger(address="203.0.113.1"), "mona", 1)[0] <= 30


def test_nobody_is_kept_out_of_an_account_by_others(settings: Settings, clock: Clock) -> None:
    """From where she signed in before, not at all; from elsewhere, half a minute."""
    mona = Stranger(address="198.51.100.20")
    assert mona.sign_in("mona").address == "/"
    for n in range(90):
        wait = max(tries(Stranger(address=f"192.0.2.{n + 1}"), "mona", 1))
        assert wait <= 30
        clock.passes(wait)
    at_home = Stranger(address="198.51.100.20")
    assert at_home.sign_in("mona").address == "/"
    travelling = Stranger(address="203.0.113.77")
    clock.passes(30)
    assert travelling.sign_in("mona").address == "/"


def test_the_brake_survives_a_restart(tmp_path: Path, clock: Clock) -> None:
    """Nothing of it is in a process's memory: another one, which has only the ledger, goes on with it."""
    made = fresh(tmp_path / "data")
    with quick_passwords():
        account("mona")
        tries(Stranger(), "mona", 6)
        booted(tmp_path / "other")
        assert tries(Stranger(), "mona", 1) == [0], "another installation knows nothing of it"
        from clicktrail.control.boot import boot

        boot(made, "console")
        assert tries(Stranger(), "mona", 1) == [5]


def test_a_hundred_guesses_at_once_are_a_hundred_guesses(settings: Settings, clock: Clock) -> None:
    """Counted before they are judged; so no more are judged than one after the other."""
    from ipaddress import ip_address

    from clicktrail.control.accounts import brake

    let_through: list[object] = []

    def guess() -> None:
        from django.db import connection

        found = brake.attempt_password(b"s" * 32, "mona", ip_address("198.51.100.7"))
        let_through.append(found)
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: len(let_through) == 24, 5, "all have an answer")
    assert sum(isinstance(found, brake.Attempt) for found in let_through) == 6


def test_no_name_that_was_typed_is_kept(settings: Settings, clock: Clock) -> None:
    """People type their password where their name belongs."""
    Stranger().sign_in("My-Secret-Password", "mona")
    held = b"".join(path.read_bytes() for path in settings.data.glob("ledger.sqlite*"))
    assert b"My-Secret" not in held and b"my-secret" not in held


def test_codes_of_the_second_step_are_braked(settings: Settings, clock: Clock) -> None:
    secret = _with_second_factor()
    thief = Stranger(address="192.0.2.50")
    thief.sign_in("mona")
    answers = [thief.post("/login/second-step/", code=f"{n:06}").text for n in range(8)]
    assert [waiting_s(text) > 0 for text in answers] == [False] * 6 + [True] * 2
    page = thief.post("/login/second-step/", code=code_now(secret, 1))
    assert waiting_s(page.text) and not thief.is_inside
    again = Stranger(address="192.0.2.51")
    again.sign_in("mona")
    assert again.post("/login/second-step/", code=code_now(secret, 1)).address == "/"


def test_a_new_session_for_each_code_is_no_way_round(settings: Settings, clock: Clock) -> None:
    _with_second_factor()
    waits = []
    for n in range(8):
        thief = Stranger(address="192.0.2.50")
        thief.sign_in("mona")
        waits.append(waiting_s(thief.post("/login/second-step/", code=f"{n:06}").text))
    assert waits[:6] == [0] * 6 and waits[-1] > 0


def test_codes_from_many_addresses_are_braked(settings: Settings, clock: Clock) -> None:
    _with_second_factor()
    judged = 0
    for n in range(20):
        thief = Stranger(address=f"192.0.2.{n + 1}")
        thief.sign_in("mona")
        judged += waiting_s(thief.post("/login/second-step/", code=f"{n:06}").text) == 0
    assert judged == 11


def _with_second_factor() -> str:
    """Mona's own, from an address that no thief has; the code of the next half minute is not used up."""
    mona = Stranger(address="198.51.100.99")
    mona.sign_in("mona")
    return switch_on(mona)


def test_a_code_is_good_once(settings: Settings) -> None:
    """Who watches it being typed comes too late; after a restart too, for the ledger remembers it."""
    secret = _with_second_factor()
    code = code_now(secret, 1)
    first, second = Stranger(), Stranger()
    first.sign_in("mona")
    second.sign_in("mona")
    assert first.post("/login/second-step/", code=code).address == "/"
    assert "used before" in second.post("/login/second-step/", code=code).text
    assert not second.is_inside


def test_a_code_older_than_the_last_one_is_no_good(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.accounts import secondfactor

    secret = _with_second_factor()
    now = int(time.time()) // 30
    monkeypatch.setattr(secondfactor, "yield_hotp_counters_from_time", lambda: iter((now + 2, now + 3, now + 4)))
    first, second = Stranger(), Stranger()
    first.sign_in("mona")
    second.sign_in("mona")
    assert first.post("/login/second-step/", code=code_at(secret, now + 4)).address == "/"
    assert "used before" in second.post("/login/second-step/", code=code_at(secret, now + 3)).text
    assert not second.is_inside


def test_one_code_at_two_doors_at_once_opens_one(settings: Settings) -> None:
    from clicktrail.control.accounts import secondfactor
    from clicktrail.control.accounts.models import Account

    secret, found = _with_second_factor(), []
    mona, code = Account.objects.get(username="mona"), code_now(secret, 1)

    def use() -> None:
        from django.db import connection

        found.append(secondfactor.use_code(mona, code))
        connection.close()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one is not None for one in found) == 1 and len(found) == 8


def test_the_code_that_switched_it_on_does_not_sign_in(settings: Settings) -> None:
    mona = Stranger(address="198.51.100.99")
    mona.sign_in("mona")
    switch_on(mona)
    other = Stranger()
    other.sign_in("mona")
    assert "used before" in other.post("/login/second-step/", code=mona.code).text
    assert not other.is_inside


def test_the_old_password_is_not_guessed_in_a_stolen_session(settings: Settings, clock: Clock) -> None:
    thief = Stranger()
    thief.client.force_login(_mona())
    fields = {"new_password1": "Brand-New-Word-7", "new_password2": "Brand-New-Word-7"}
    for n in range(6):
        assert not waiting_s(thief.post("/password_change/", old_password=f"guess-{n}", **fields).text)
    assert waiting_s(thief.post("/password_change/", old_password=PASSWORD, **fields).text) == 5
    assert waiting_s(thief.post("/account/confirm/", password=PASSWORD).text) == 5


def _mona() -> object:
    from clicktrail.control.accounts.models import Account

    return Account.objects.get(username="mona")


def test_a_new_password_by_the_operator_opens_the_doors(settings: Settings, clock: Clock) -> None:
    from clicktrail.control.accounts.create import set_password

    stranger = Stranger()
    tries(stranger, "mona", 7)
    assert stranger.sign_in("mona", set_password(settings, "mona")).address == "/"


def test_strangers_fill_the_ledger_with_nothing_that_stays(settings: Settings, clock: Clock) -> None:
    from clicktrail.control.accounts.models import Brake, Session

    for n in range(30):
        tries(Stranger(address=f"192.0.2.{n}"), f"name-{n}", 1)
    assert Session.objects.count() == 0, "a failed sign-in leaves no session"
    assert Brake.objects.count() == 90
    clock.passes(2 * 24 * 3600)
    tries(Stranger(), "last", 1)
    assert Brake.objects.count() == 3
