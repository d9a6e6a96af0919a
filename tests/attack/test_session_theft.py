"""Session theft: fixing one, keeping one, reading one out of the ledger, and what a stolen one can do."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.folder import fresh
from support.stranger import PASSWORD, Clock, Stranger, account, quick_passwords

from clicktrail.settings import Settings

COOKIE = "sessionid"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    from django.db import connection

    made = fresh(tmp_path / "data")
    with quick_passwords():
        account("mona")
        yield made
    connection.close()


@pytest.fixture
def mona(settings: Settings) -> Stranger:
    made = Stranger()
    made.sign_in("mona")
    assert made.is_inside
    return made


def cookie(stranger: Stranger) -> str:
    return str(stranger.client.cookies[COOKIE].value)


def with_cookie(value: str) -> Stranger:
    made = Stranger(address="203.0.113.66")
    made.client.cookies[COOKIE] = value
    return made


def test_a_session_that_was_foisted_on_somebody_is_not_theirs_after_signing_in(mona: Stranger) -> None:
    other = with_cookie("abcdefghijklmnopqrstuvwxyz012345")
    other.sign_in("mona")
    assert other.is_inside and cookie(other) != "abcdefghijklmnopqrstuvwxyz012345"
    assert not with_cookie("abcdefghijklmnopqrstuvwxyz012345").is_inside


def test_the_session_of_the_second_step_is_not_the_one_inside(settings: Settings, mona: Stranger) -> None:
    from support.stranger import code_now, switch_on

    secret, other = switch_on(mona), Stranger()
    other.sign_in("mona")
    before = cookie(other)
    other.post("/login/second-step/", code=code_now(secret, 1))
    assert other.is_inside and cookie(other) != before and not with_cookie(before).is_inside


def test_signing_out_ends_it_for_who_copied_it(mona: Stranger) -> None:
    copied = cookie(mona)
    assert with_cookie(copied).is_inside
    mona.post("/logout/")
    assert not with_cookie(copied).is_inside


def test_what_the_ledger_holds_signs_nobody_in(settings: Settings, mona: Stranger) -> None:
    from clicktrail.control.accounts.models import Session

    rows = [row.pk for row in Session.objects.all()]
    assert len(rows) == 1 and cookie(mona) not in rows
    assert not with_cookie(rows[0]).is_inside
    held = b"".join(path.read_bytes() for path in settings.data.glob("ledger.sqlite*"))
    assert cookie(mona).encode() not in held


def test_a_new_password_ends_every_other_session_and_renews_this_one(mona: Stranger) -> None:
    thief, copied = with_cookie(cookie(mona)), cookie(mona)
    elsewhere = Stranger()
    elsewhere.sign_in("mona")
    new = {"new_password1": "Brand-New-Word-7", "new_password2": "Brand-New-Word-7"}
    mona.post("/password_change/", old_password=PASSWORD, **new)
    assert mona.is_inside and cookie(mona) != copied
    assert not thief.is_inside and not elsewhere.is_inside


def test_being_switched_off_ends_every_session(mona: Stranger) -> None:
    from clicktrail.control.accounts.models import Account

    found = Account.objects.get(username="mona")
    found.is_active = False
    found.save()
    assert not mona.is_inside


def test_sessions_are_listed_with_where_what_and_when(settings: Settings, mona: Stranger) -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36"
    Stranger(address="2001:db8:1:2:3::4", agent=agent).sign_in("mona")
    text = mona.get("/account/").text
    assert "Firefox on Linux 198.51.100.0" in text and "Chrome on Windows 2001:db8:1::" in text
    assert "198.51.100.7" not in text, "as the privacy mode has it"
    assert text.count("this one") == 1


@pytest.mark.parametrize(("mode", "shown"), [("keep", "198.51.100.7"), ("drop", "not kept")])
def test_the_privacy_mode_decides_what_is_shown_of_the_address(tmp_path: Path, mode: str, shown: str) -> None:
    fresh(tmp_path / "data", ip_privacy=mode)
    with quick_passwords():
        account("mona")
        mona = Stranger()
        mona.sign_in("mona")
        assert f"Firefox on Linux {shown}" in mona.get("/account/").text


def test_one_session_is_ended(mona: Stranger) -> None:
    second, third = Stranger(), Stranger()
    second.sign_in("mona")
    keys = set(_keys(mona))
    third.sign_in("mona")
    assert len(keys) == 1
    mona.post("/account/", session=keys.pop())
    assert not second.is_inside and third.is_inside and mona.is_inside


def test_all_others_are_ended(mona: Stranger) -> None:
    others = [Stranger(), Stranger()]
    for other in others:
        other.sign_in("mona")
    assert "2 other sessions were ended" in mona.post("/account/", others="1").text
    assert mona.is_inside and not any(other.is_inside for other in others)


def test_somebody_elses_session_is_not_listed_and_not_ended(mona: Stranger) -> None:
    from clicktrail.control.accounts.models import Session

    account("eve")
    eve = Stranger()
    eve.sign_in("eve")
    assert _keys(eve) == []
    [key] = Session.objects.filter(account__username="mona").values_list("pk", flat=True)
    eve.post("/account/", session=key)
    eve.post("/account/", others="1")
    assert mona.is_inside


def _keys(stranger: Stranger) -> list[str]:
    return re.findall(r'name="session" value="(\w+)"', stranger.get("/account/").html)


def test_when_it_was_last_seen_moves_on_by_the_minute(
    settings: Settings, mona: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clicktrail.control.accounts.models import Session

    clock = Clock(Session.objects.get().seen_ms)
    monkeypatch.setattr("clicktrail.heartbeat.now_ms", clock)
    seen = []
    for _ in range(4):
        clock.passes(31)
        mona.client.get("/jsi18n/")
        seen.append((Session.objects.get().seen_ms - Session.objects.get().since_ms) // 1000)
    assert [s > 0 for s in seen] == [False, True, True, True] and len(set(seen[1:])) == 2


def test_a_session_expires(settings: Settings, mona: Stranger) -> None:
    from datetime import timedelta

    from django.db.models import F

    from clicktrail.control.accounts.models import Session

    Session.objects.update(expire_date=F("expire_date") - timedelta(days=15))
    assert not mona.is_inside
    Stranger().sign_in("mona")
    assert Session.objects.count() == 1, "and what has expired is removed when somebody signs in"


GRAVE = ("/account/second-factor/", "/accounts/account/add/", "/account/recovery-codes/new/")


@pytest.mark.parametrize("path", GRAVE)
def test_what_could_lock_the_owner_out_asks_for_the_password_again(
    settings: Settings, mona: Stranger, path: str
) -> None:
    """A thief of a session can make no account, set no password and no second factor of his own."""
    thief = Stranger()
    thief.client.force_login(_mona())
    assert thief.get(path).address == "/account/confirm/"
    assert thief.post(path, username="thief", password1=PASSWORD, password2=PASSWORD).address == "/account/confirm/"
    page = thief.post(f"/account/confirm/?next={path}", password="wrong")
    assert page.address == "/account/confirm/" and "The password is wrong" in page.text
    page = thief.post(f"/account/confirm/?next={path}", password=PASSWORD)
    assert page.address == path


def test_nobodys_password_is_set_without_showing_who_one_is(settings: Settings) -> None:
    eve = account("eve")
    thief = Stranger()
    thief.client.force_login(_mona())
    own, other = (f"/accounts/account/{row.pk}/change/" for row in (_mona(), eve))  # type: ignore[attr-defined]
    for deed in ("password", "link", "off", "part"):
        assert thief.post(other, **{deed: "1"}).address == "/account/confirm/"
    eve.refresh_from_db()
    assert eve.check_password(PASSWORD) and eve.is_active
    thief.post("/account/confirm/?next=/", password=PASSWORD)
    thief.post(own, password="1")
    assert _mona().check_password(PASSWORD), "one's own is set where the old one is asked for"  # type: ignore[attr-defined]
    thief.post(other, password="1")
    eve.refresh_from_db()
    assert not eve.check_password(PASSWORD)


def _mona() -> object:
    from clicktrail.control.accounts.models import Account

    return Account.objects.get(username="mona")


@pytest.mark.parametrize(
    ("public", "name", "secure"), [("https://track.example", "__Host-sessionid", True), ("", "sessionid", False)]
)
def test_scripts_and_other_sites_do_not_get_the_cookie(tmp_path: Path, public: str, name: str, secure: bool) -> None:
    fresh(tmp_path / "data", public_url=public)
    with quick_passwords():
        account("mona")
        mona = Stranger(host="track.example" if public else "localhost")
        mona.client.defaults["HTTP_X_FORWARDED_PROTO"] = "https"
        mona.sign_in("mona")
        for made in (mona.client.cookies[name], mona.client.cookies[name.replace("sessionid", "csrftoken")]):
            assert made["httponly"] and made["samesite"] == "Lax" and bool(made["secure"]) == secure
            assert made["path"] == "/" and not made["domain"], "as the __Host- prefix asks for"
        assert not any(made["samesite"] != "Lax" for made in mona.client.cookies.values())
