"""People: accounts made with a role, links to set a password, the last owner, the activity log, one's own account."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.office import MANAGER, Office, office

import clicktrail
from clicktrail.cli import app

PEOPLE = "/accounts/account/"
GOOD = "Long-Enough-9"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path / "data") as made:
        yield made


def person(name: str) -> Any:
    from clicktrail.control.accounts.models import Account

    return Account.objects.get(username=name)


def verbs(name: str = MANAGER) -> list[str]:
    from clicktrail.control.accounts.models import Activity

    return list(Activity.objects.filter(account=name).order_by("pk").values_list("verb", flat=True))


def invite(desk: Office, name: str = "max", **given: Any) -> str:
    """The address of the link."""
    page = desk.post(f"{PEOPLE}add/", username=name, **{"role": "manager", "way": "link"} | given)
    found = re.search(r"/welcome/[\w-]+/", page.html)
    assert found, page.text
    return found[0]


def stranger() -> Any:
    from django.test import Client

    return Client(SERVER_NAME="localhost")


def test_a_link_sets_a_password_once(desk: Office) -> None:
    link = invite(desk, programs="5")
    row = person("max")
    assert (row.role, row.programs, row.is_superuser, row.has_usable_password()) == ("manager", [5], False, False)
    token = link.split("/")[2]
    from clicktrail.control.accounts.models import Invitation

    assert token not in str(list(Invitation.objects.values())), "the ledger holds a hash"
    other = stranger()
    for first, again, said in (
        (GOOD, "another", "not the same"),
        ("short", "short", "too short"),
        ("password1234", "password1234", "too common"),
    ):
        assert said in other.post(link, {"password": first, "again": again}).content.decode()
    assert other.post(link, {"password": GOOD, "again": GOOD})["Location"] == "/login/"
    assert other.get(link).status_code == other.post(link, {"password": "B" + GOOD, "again": "B" + GOOD}).status_code
    assert other.get(link).status_code == 404 and person("max").check_password(GOOD)
    signed_in = other.post("/login/", {"username": "max", "password": GOOD})
    assert signed_in.status_code == 302 and "Yen shop" in other.get("/catalog/program/").content.decode()
    assert verbs("max") == ["invitation used", "signed in"]


def test_a_link_ends_after_48_hours_and_with_a_new_one(desk: Office) -> None:
    from django.db.models import F

    from clicktrail.control.accounts.models import Invitation

    first = invite(desk)
    page = desk.post(f"{PEOPLE}{person('max').pk}/change/", link="1")
    second = re.search(r"/welcome/[\w-]+/", page.html)
    assert second and stranger().get(first).status_code == 404 and stranger().get(second[0]).status_code == 200
    Invitation.objects.update(expires_ms=F("expires_ms") - people_hours())
    assert stranger().get(second[0]).status_code == 404


def people_hours() -> int:
    from clicktrail.control.accounts.people import HOUR_MS, MAX_INVITATION_H

    return MAX_INVITATION_H * HOUR_MS


def test_a_password_is_shown_once(desk: Office) -> None:
    page = desk.post(f"{PEOPLE}add/", username="max", role="reader", way="password", email="max@shop.example")
    secret = re.search(r"ct-code[^>]*>([^<]+)<", page.html)
    assert secret and person("max").check_password(secret[1])
    again = desk.get(f"{PEOPLE}{person('max').pk}/change/")
    assert secret[1] not in again.html and "max@shop.example" in again.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"username": MANAGER}, "There is an account of that name already"),
        ({"username": "a b"}, "letters, digits"),
        ({"username": "max", "role": "owner", "programs": "1"}, "An owner has every program"),
        ({"username": "max", "role": "partner"}, "Select a valid choice"),
        ({"username": "max", "programs": "99"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(desk: Office, given: dict[str, str], said: str) -> None:
    page = desk.post(f"{PEOPLE}add/", **{"role": "manager", "way": "link"} | given)
    assert page.address == f"{PEOPLE}add/" and said in page.text


def test_the_last_owner_stays(desk: Office) -> None:
    own = f"{PEOPLE}{person(MANAGER).pk}/change/"
    assert "is the last owner who can sign in" in desk.post(own, part="1", role="reader").text
    invite(desk, "olga", role="owner")
    assert "is the last owner" in desk.post(own, part="1", role="reader").text, "olga has no password yet"
    olga = f"{PEOPLE}{person('olga').pk}/change/"
    desk.post(olga, password="1")
    desk.post(own, off="1")
    assert person(MANAGER).is_active, "nobody switches himself off"
    desk.post(own, part="1", role="manager")
    assert person(MANAGER).role == "manager"
    assert desk.get(PEOPLE).status == 403, "from the next page on"


def test_who_has_left_is_signed_out_everywhere(desk: Office) -> None:
    link = invite(desk)
    other = stranger()
    other.post(link, {"password": GOOD, "again": GOOD})
    other.post("/login/", {"username": "max", "password": GOOD})
    page = f"{PEOPLE}{person('max').pk}/change/"
    assert "Signed in with one browser" in desk.get(page).text
    desk.post(page, off="1")
    assert other.get("/ledger/transaction/").status_code == 302
    assert "wrong" in other.post("/login/", {"username": "max", "password": GOOD}).content.decode()
    assert "Switched off" in desk.get(PEOPLE).text
    desk.post(page, on="1")
    assert person("max").is_active
    assert verbs() == ["account made", "invitation made", "account switched off", "account switched on"]


def test_edits_are_noted_with_before_and_after(desk: Office) -> None:
    from clicktrail.control.accounts.models import Activity

    desk.post("/catalog/partner/7/change/", name="Anna <i>", state="blocked")
    row = Activity.objects.get(verb="changed")
    assert row.account == MANAGER and row.facts["before"]["state"] == "active"
    assert row.facts["after"] == {"name": "Anna <i>", "state": "blocked"} and row.address
    page = desk.get("/accounts/activity/")
    assert "active → blocked" in page.text and "Anna <i>" not in page.html


def test_the_log_is_filtered_by_person_and_verb_and_program(desk: Office) -> None:
    from clicktrail.control.accounts import activity
    from clicktrail.control.accounts.models import Account

    activity.note("mona", "key made", "Key of garden", program=1, secret="geheim")
    activity.note("mona", "key made", "Key of yen", program=5)
    activity.note("max", "exported", "Some list")
    page = "/accounts/activity/"
    assert "Key of" not in desk.get(page, account="max").text and "Some list" in desk.get(page, account="max").text
    assert "Some list" not in desk.get(page, verb="key made").text
    assert "Key of yen" not in desk.get(page, program="1").text
    assert "Some list" in desk.get(page, day_from="0001-01-01", day_to="9999-12-31").text
    assert "geheim" not in desk.get(page).html, "what is called a secret is not kept"
    max_ = Account.objects.create_user("max", password="unused", role="manager", programs=[5], is_staff=True)
    desk.client.force_login(max_)
    shown = desk.get(page).text
    assert "Key of yen" in shown and "Some list" in shown and "Key of garden" not in shown


def test_refused_and_good_sign_ins_are_noted(desk: Office) -> None:
    from clicktrail.control.accounts import activity
    from clicktrail.control.accounts.models import Activity

    other = stranger()
    other.post("/login/", {"username": MANAGER, "password": "wrong"})
    other.post("/login/", {"username": "my secret word", "password": "wrong"})
    rows = Activity.objects.filter(verb=activity.REFUSED).order_by("pk")
    assert [row.account for row in rows] == [MANAGER, "(unknown)"]
    assert "my secret word" not in str(list(rows.values()))


def test_old_lines_go(desk: Office) -> None:
    from clicktrail.control.accounts import activity
    from clicktrail.control.accounts.models import Activity

    activity.note("mona", "exported", "young")
    activity.note("mona", "exported", "old")
    Activity.objects.filter(subject="old").update(at_ms=1)
    activity.tidy()
    assert list(Activity.objects.values_list("subject", flat=True)) == ["young"]


def test_language_and_time_zone_are_ones_own(desk: Office) -> None:
    page = desk.post("/account/", preferences="1", language="", time_zone="Asia/Tokyo")
    assert "Saved." in page.text and person(MANAGER).time_zone == "Asia/Tokyo"
    assert "JST" in desk.get("/account/").text
    desk.post("/account/", preferences="1", language="xx", time_zone="Moon/Sea")
    assert person(MANAGER).time_zone == "Asia/Tokyo"


def test_times_are_the_viewers_with_utc_on_hover_and_money_is_of_his_language(desk: Office) -> None:
    desk.orders("ORDER-1")
    desk.post("/account/", preferences="1", language="de", time_zone="Asia/Tokyo")
    page = desk.get("/ledger/transaction/")
    form = r'<time datetime="([^"]+)" title="([^"]+) UTC" class="ct-time">([^<]+) <span class="ct-faint">JST</span>'
    found = re.search(form, page.html)
    assert found and "100,00 EUR" in page.text
    at = datetime.fromisoformat(found[1])
    told = [at.astimezone(zone).strftime("%d.%m.%Y %H:%M") for zone in (UTC, ZoneInfo("Asia/Tokyo"))]
    assert [found[2][:16], found[3][:16]] == told


def test_without_a_choice_language_and_zone_are_the_browsers(desk: Office) -> None:
    desk.orders("ORDER-1")
    row = person(MANAGER)
    row.set_password(GOOD)
    row.save()
    other = stranger()
    other.post("/login/", {"username": MANAGER, "password": GOOD, "zone": "Asia/Tokyo"})
    page = other.get("/ledger/transaction/", headers={"accept-language": "de"}).content.decode()
    assert ">JST<" in page and "100,00" in page and "100.00" in other.get("/ledger/transaction/").content.decode()


def test_every_verb_that_is_noted_is_a_known_one(desk: Office) -> None:
    """So it has a translation, and a choice in the filter."""
    from clicktrail.control.accounts import activity

    files = Path(clicktrail.__file__).parent.rglob("*.py")
    form = re.compile(r'\bnote\(\s*[\w.]+,\s*"([^"]+)"')
    noted = {verb for file in files for verb in form.findall(file.read_text())}
    assert len(noted) > 20 and noted <= set(activity.VERBS)


def test_accounts_are_made_at_the_command_line(desk: Office) -> None:
    from typer.testing import CliRunner

    run = CliRunner()
    data = ["--data", str(desk.settings.data)]
    made = run.invoke(app, ["account", "add", "max", "--role", "manager", "--programs", "5", *data])
    secret = made.output.split("the password ")[1].split()[0]
    row = person("max")
    assert (row.role, row.programs, row.check_password(secret)) == ("manager", [5], True)
    run.invoke(app, ["account", "role", "max", "owner", *data])
    assert person("max").role == "owner" and person("max").programs == []
    run.invoke(app, ["account", "role", MANAGER, "reader", *data])
    refused = run.invoke(app, ["account", "role", "max", "reader", *data])
    assert refused.exit_code != 0 and person("max").role == "owner"
    assert verbs("(command line)") == ["account made", "account changed", "account changed"]
