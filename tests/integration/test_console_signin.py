"""Signing in, the second factor, and one's own account, as a manager meets them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.folder import fresh
from support.stranger import PASSWORD, Stranger, account, code_now, quick_passwords, switch_on

from clicktrail.settings import Settings


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
    assert made.sign_in("mona").address == "/"
    return made


def test_name_and_password_lead_to_where_one_wanted_to_go(settings: Settings) -> None:
    page = Stranger().sign_in("mona", next="/ledger/postback/")
    assert page.address == "/ledger/postback/"


def test_an_account_that_is_switched_off_gets_the_answer_of_a_wrong_password(settings: Settings) -> None:
    from clicktrail.control.accounts.models import Account

    wrong = Stranger().sign_in("mona", "wrong")
    Account.objects.update(is_active=False)
    off = Stranger().sign_in("mona")
    assert "The username or the password is wrong" in off.text
    assert _without_tokens(off.html) == _without_tokens(wrong.html)


def _without_tokens(html: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html)


def test_the_second_step_is_asked_for_and_a_code_of_the_app_passes_it(settings: Settings, mona: Stranger) -> None:
    secret = switch_on(mona)
    other = Stranger()
    page = other.sign_in("mona", next="/ledger/postback/")
    assert page.address == "/login/second-step/" and not other.is_inside
    page = other.post("/login/second-step/", code="000 000")
    assert "This code is wrong" in page.text and not other.is_inside
    assert other.post("/login/second-step/", code=code_now(secret, 1)).address == "/ledger/postback/"
    assert other.is_inside


def test_a_recovery_code_passes_once(settings: Settings, mona: Stranger) -> None:
    switch_on(mona)
    again = mona.get("/account/recovery-codes/")
    assert "They were shown once" in again.text and not re.search(r"<code>\d{8}", again.html)
    page = mona.post("/account/recovery-codes/new/")
    codes = re.findall(r"<code>(\d{8})</code>", page.html)
    assert len(codes) == 10 and "this once only" in page.text
    first, second = Stranger(), Stranger()
    for stranger in (first, second):
        stranger.sign_in("mona")
        stranger.post("/login/second-step/", code=f"{codes[0][:4]} {codes[0][4:]}")
    assert first.is_inside and not second.is_inside
    assert "Recovery codes left: 9" in mona.get("/account/").text


def test_one_can_go_back_from_the_second_step(settings: Settings, mona: Stranger) -> None:
    switch_on(mona)
    other = Stranger()
    other.sign_in("mona")
    assert other.get("/login/").address == "/login/second-step/"
    assert other.post("/login/second-step/", cancel="1").address == "/login/"
    assert other.post("/login/second-step/").address == "/login/"


def test_a_form_of_the_second_step_without_a_code_is_told_so(settings: Settings, mona: Stranger) -> None:
    switch_on(mona)
    other = Stranger()
    other.sign_in("mona")
    page = other.post("/login/second-step/")
    assert page.status == 200 and "This field is required" in page.text


def test_switching_on_ends_the_other_sessions_and_switching_off_works(settings: Settings, mona: Stranger) -> None:
    other = Stranger()
    other.sign_in("mona")
    assert other.is_inside
    switch_on(mona)
    assert mona.is_inside and not other.is_inside
    assert "is off" in mona.post("/account/second-factor/off/").text
    assert other.sign_in("mona").address == "/"


def test_a_wrong_first_code_changes_nothing_and_keeps_the_picture(settings: Settings, mona: Stranger) -> None:
    page = mona.get("/account/second-factor/")
    picture = re.search(r'src="(data:image/svg\+xml;base64,[^"]+)"', page.html)
    assert picture
    page = mona.post("/account/second-factor/", code="123")
    assert "This code is wrong" in page.text and picture[1] in page.html
    assert Stranger().sign_in("mona").address == "/"


def test_the_secret_of_the_app_is_in_the_ledger_in_no_readable_form(settings: Settings, mona: Stranger) -> None:
    import base64

    from django.core import signing

    mona.get("/account/second-factor/")
    pending = _dumped()
    secret = switch_on(mona)
    held = pending + _dumped()
    assert secret not in held and base64.b32decode(secret).hex() not in held
    row = re.search(r'"session_data": "([^"]+)"', pending)
    assert row, "the session is stored"
    found = signing.loads(row[1], salt="django.contrib.sessions.SessionStore", serializer=_serializer())
    assert "gAAAA" in found["pending_totp"], "encrypted while it waits, too"


def _serializer() -> type:
    from django.contrib.sessions.serializers import JSONSerializer

    return JSONSerializer


def _dumped() -> str:
    from allauth.mfa.models import Authenticator
    from django.core import serializers

    from clicktrail.control.accounts.models import Session

    return serializers.serialize("json", [*Authenticator.objects.all(), *Session.objects.all()])


def test_a_duty_of_a_second_factor_leads_everybody_to_set_one_up(tmp_path: Path) -> None:
    fresh(tmp_path / "data", require_second_factor=True)
    with quick_passwords():
        account("mona")
        mona = Stranger()
        assert mona.sign_in("mona").address == "/account/second-factor/"
        assert mona.get("/ledger/transaction/").address == "/account/second-factor/"
        switch_on(mona)
        assert mona.get("/ledger/transaction/").address == "/ledger/transaction/"
        assert "a duty" in mona.post("/account/second-factor/off/").text
        other = Stranger()
        assert other.sign_in("mona").address == "/login/second-step/"


def test_the_password_is_changed_where_the_old_one_is_known(settings: Settings, mona: Stranger) -> None:
    new = "Brand-New-Word-7"
    fields = {"new_password1": new, "new_password2": new}
    assert "The old password is wrong" in mona.post("/password_change/", old_password="x", **fields).text
    page = mona.post("/password_change/", old_password=PASSWORD, **fields)
    assert page.address == "/account/" and "The password was changed" in page.text
    assert Stranger().sign_in("mona", new).address == "/"


def test_the_operator_sets_a_password_and_takes_a_second_factor_away(settings: Settings, mona: Stranger) -> None:
    from clicktrail.control.accounts.create import reset_second_factor, set_password

    switch_on(mona)
    password = set_password(settings, "mona")
    assert not mona.is_inside, "sessions end"
    assert mona.sign_in("mona", password).address == "/login/second-step/"
    assert reset_second_factor(settings, "mona") is True
    assert Stranger().sign_in("mona", password).address == "/"
    assert reset_second_factor(settings, "mona") is False


def test_an_account_that_is_not_there_is_told_with_those_that_are(settings: Settings) -> None:
    from clicktrail.control.accounts.create import set_password
    from clicktrail.errors import StartError

    with pytest.raises(StartError, match="no account 'nobody'; there are: mona"):
        set_password(settings, "nobody")


@pytest.mark.parametrize(
    "path",
    [
        "/signup/", "/accounts/signup/", "/login/code/", "/login/code/confirm/", "/password/reset/", "/password/set/",
        "/confirm-email/", "/email/", "/2fa/", "/2fa/webauthn/", "/2fa/trust/", "/account/signup/", "/login/signup/",
        "/reauthenticate/", "/inactive/", "/account/recovery-codes/download/", "/account/email/",
        "/mfa/authenticator/", "/mfa/authenticator/add/", "/mfa/authenticator/1/delete/", "/account/emailaddress/",
        "/auth/group/", "/auth/user/", "/mfa/", "/account/emailaddress/add/",
    ],
)  # fmt: skip
def test_what_nobody_needs_of_the_library_is_not_there(settings: Settings, mona: Stranger, path: str) -> None:
    assert mona.get(path).status == 404


def test_no_page_of_the_console_is_a_librarys(settings: Settings, mona: Stranger) -> None:
    from django.contrib import admin

    assert mona.get("/ledger/transaction/").status == 200
    pages = {model._meta.label: type(page).__module__ for model, page in admin.site._registry.items()}
    assert len(pages) > 10
    assert {label for label, module in pages.items() if not module.startswith("clicktrail.")} == set()


def test_no_address_of_the_library_but_the_ones_we_name(settings: Settings) -> None:
    from django.urls import get_resolver

    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert {n for n in names if n.startswith(("account_", "mfa_", "usersessions_", "socialaccount_"))} == {
        "account_login", "account_reauthenticate", "mfa_authenticate", "mfa_index", "mfa_activate_totp",
        "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
    }  # fmt: skip
