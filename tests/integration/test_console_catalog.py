"""Programs, products, targets, creatives, partners, approvals and rates in the console."""

import html
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.everywhere import lists
from support.folder import booted
from support.office import Office, office

from clicktrail import catalogfile
from clicktrail.core.catalog import Catalog

LISTS = (
    "/ledger/transaction/",
    "/ledger/postback/",
    "/catalog/creative/",
    "/catalog/clicktarget/",
    "/catalog/partner/",
    "/catalog/approval/",
    "/catalog/partnerrate/",
    "/catalog/program/",
    "/catalog/product/",
    "/accounts/account/",
    "/ledger/setaside/",
)
PROGRAM = {
    "name": "New shop",
    "state": "active",
    "currency": "EUR",
    "time_zone": "Europe/Vienna",
    "click_lifetime_days": "14",
    "click_parameter": "qc_clickid",
    "deeplink_hosts": "shop.example\r\n*.Shop.example:8443\r\n",
    "landing_page": "https://new.example/?id=<% CLICKID %>",
    "unproven": "refuse",
    "nocheck_by": "everybody",
    "pid_by": "everybody",
    "replay_window_s": "300",
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, public_url="https://track.example") as found:
        yield found


def published(desk: Office) -> Catalog:
    return catalogfile.read(desk.settings.catalog_folder / catalogfile.CURRENT)


def test_the_menu_leads_everywhere(desk: Office) -> None:
    page = desk.get("/")
    assert page.address == "/"
    for place in LISTS:
        assert f'href="{place}"' in page.html
        assert desk.get(place).status == 200


@pytest.mark.parametrize("place", [*LISTS, "/ledger/transaction/by-hand/", "/ledger/transaction/move/pay/", "/"])
def test_nobody_looks_in_without_signing_in(desk: Office, place: str) -> None:
    desk.client.logout()
    for page in (desk.get(place), desk.post(place, reason="x", numbers="1")):
        assert page.address == "/login/"


def test_a_list_without_a_row_says_what_to_do_next(desk: Office) -> None:
    from clicktrail.control.console.emptylists import EMPTY

    empty = [(place, page) for place, page in lists().items() if "ct-none-yet" in desk.get(place).html]
    assert len(empty) >= 8
    for place, page in empty:
        said = page.empty
        assert said is not None and str(said.sentence) in html.unescape(desk.get(place).html), place
    assert all(desk.get(said.link).status == 200 for said in EMPTY.values() if said.link)


def test_a_form_says_what_is_added_and_has_no_buttons_beside_its_own(desk: Office) -> None:
    form = desk.get("/catalog/creative/add/")
    assert "Creatives chevron_right Add creative" in form.text
    assert 'name="_save"' in form.html
    for leftover in ("_addanother", "related-widget-wrapper-link", "addlink", "/history/"):
        assert leftover not in form.html
    assert "Add creative" in desk.get("/catalog/creative/").text
    assert "Invite somebody" in desk.get("/accounts/account/").text


def test_a_new_program_is_ready_to_run(desk: Office) -> None:
    before = published(desk).version
    page = desk.post("/catalog/program/add/", **PROGRAM)
    assert page.address == "/catalog/program/", page.text
    catalog = published(desk)
    assert catalog.version > before
    program = catalog.programs[6]
    assert program.deeplink_hosts == ("shop.example", "*.shop.example:8443")
    assert program.targets == {"default": "https://new.example/?id=<% CLICKID %>"}
    assert (program.time_zone, program.click_lifetime_days) == ("Europe/Vienna", 14)
    desk.post("/catalog/product/add/", program="6", name="Sale", percent="7.5", fixed="")
    assert published(desk).programs[6].default_product == "Sale"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"landing_page": "javascript:alert(1)"}, "is no address"),
        ({"landing_page": ""}, "This field is required."),
        ({"deeplink_hosts": "https://shop.example"}, "is no host"),
        ({"click_lifetime_days": "0"}, "out of range"),
        ({"click_parameter": "a b"}, "cannot name a parameter"),
        ({"currency": "XXX"}, "not one of the available choices"),
        ({"time_zone": "Mars"}, "not one of the available choices"),
    ],
)
def test_a_wrong_program_is_refused(desk: Office, changes: dict[str, str], sentence: str) -> None:
    before = published(desk)
    page = desk.post("/catalog/program/add/", **PROGRAM | changes)
    assert sentence in page.text
    assert published(desk) == before


def test_the_currency_is_for_ever(desk: Office) -> None:
    fields = {name: value for name, value in PROGRAM.items() if name != "landing_page"}
    page = desk.post("/catalog/program/1/change/", **fields | {"currency": "USD", "default_product": "1"})
    assert page.address == "/catalog/program/", page.text
    program = published(desk).programs[1]
    assert (program.name, program.currency) == ("New shop", "EUR")


@pytest.mark.parametrize(
    ("percent", "fixed", "ppm", "minor"),
    [("7.5", "", 75_000, None), ("33.3333", "", 333_333, None), ("", "0.29", None, 29), ("", "1234.5", None, 123_450)],
)
def test_rates_are_exact(desk: Office, percent: str, fixed: str, ppm: int | None, minor: int | None) -> None:
    desk.post("/catalog/product/1/rates/", percent=percent, fixed=fixed)
    rate = published(desk).programs[1].products[0].rate
    assert (rate.percent_ppm, rate.fixed_minor) == (ppm, minor)
    shown = desk.get("/catalog/product/1/change/")
    assert (f"{percent} %" if percent else {"0.29": "0.29 EUR", "1234.5": "1,234.50 EUR"}[fixed]) in shown.text


@pytest.mark.parametrize(
    ("product", "percent", "fixed", "sentence"),
    [
        (1, "7.5", "1", "one of the two"),
        (1, "", "", "one of the two"),
        (1, "7.12345", "", "at most four decimals"),
        (1, "101", "", "at most 100"),
        (1, "1e1", "", "exponent"),
        (1, "", "0.291", "has 2 decimals"),
        (3, "", "5.5", "has 0 decimals"),
    ],
)
def test_wrong_rates_are_refused(desk: Office, product: int, percent: str, fixed: str, sentence: str) -> None:
    before = published(desk)
    page = desk.post(f"/catalog/product/{product}/rates/", percent=percent, fixed=fixed)
    assert sentence in page.text
    assert published(desk) == before


def test_a_partners_own_rate_is_in_the_products_currency(desk: Office) -> None:
    desk.post("/catalog/partnerrate/add/", partner="7", product="3", percent="", fixed="700")
    desk.post("/catalog/partnerrate/add/", partner="7", product="1", percent="", fixed="7")
    assert [rate.rate.fixed_minor for rate in published(desk).rates] == [700, 700]
    assert "Anna <b> (7) Yen shop (5) Only 700 JPY" in desk.get("/catalog/partnerrate/").text
    desk.post("/catalog/partnerrate/add/", partner="7", product="1", percent="5", fixed="")
    assert "Garden shop (1) Sale 5 %" in desk.get("/catalog/partnerrate/").text


def test_what_belongs_to_another_program_is_refused(desk: Office) -> None:
    before = published(desk)
    creative = desk.post("/catalog/creative/add/", program="1", name="Banner", target="2", product="3", state="active")
    assert creative.text.count("It belongs to Yen shop (5)") == 2
    approval = desk.post("/catalog/approval/add/", partner="7", program="1", product="3")
    assert "It belongs to Yen shop (5)" in approval.text
    assert published(desk) == before


def test_approvals(desk: Office) -> None:
    desk.post("/catalog/approval/add/", partner="7", program="5", product="3")
    assert published(desk).is_approved(7, 5, "Only")
    assert (
        'value="7-3" aria-label="Anna &lt;b&gt; may earn Only" checked'
        in desk.get("/catalog/approval/", program="5").html
    )
    desk.client.post("/catalog/approval/?program=5", {"cell": "7-3"})
    assert not published(desk).is_approved(7, 5, "Only")


def test_the_default_target_stays(desk: Office) -> None:
    page = desk.post("/catalog/clicktarget/1/change/", alias="main", url="https://shop.example/")
    assert "keeps its name" in page.text
    assert desk.get("/catalog/clicktarget/1/delete/").status == 403
    page = desk.post("/catalog/clicktarget/1/change/", alias="default", url="https://other.example/<% SUBID %>")
    assert page.address == "/catalog/clicktarget/"
    assert published(desk).programs[1].targets["default"] == "https://other.example/<% SUBID %>"


def test_a_creatives_page_has_the_finished_link(desk: Office) -> None:
    page = desk.get("/catalog/creative/1/change/")
    assert "https://track.example/go.cgi?cpid=1&amp;wmid=1&amp;pid=2</textarea>" in page.html
    assert "Anna &lt;b&gt; (7)" in page.html


def test_a_blocked_partner_is_published_at_once(desk: Office) -> None:
    desk.post("/catalog/partner/7/change/", name="Anna", state="blocked")
    assert published(desk).partners[7].state == "blocked"
    assert "Anna (7)" not in desk.get("/catalog/creative/1/change/").html


@pytest.mark.parametrize("place", ["program/1", "partner/7", "creative/1", "product/1"])
def test_what_transactions_name_is_never_deleted(desk: Office, place: str) -> None:
    assert desk.get(f"/catalog/{place}/delete/").status == 403


def test_who_changed_what_is_kept(desk: Office) -> None:
    desk.post("/catalog/partner/7/change/", name="Anna", state="blocked")
    page = desk.get("/catalog/partner/7/history/")
    assert "mona" in page.text and "State" in page.text


@pytest.mark.parametrize("place", ["creative", "clicktarget", "approval", "product", "partner"])
def test_longer_lists_take_no_more_queries(desk: Office, place: str) -> None:
    from clicktrail.control.catalog import models
    from clicktrail.control.catalog.edits import edit

    program, short = models.Program.objects.get(pk=1), desk.get(f"/catalog/{place}/").queries
    with edit():
        for n in range(20):
            product = models.Product.objects.create(program=program, name=f"P{n}", percent_ppm=1)
            target = models.ClickTarget.objects.create(program=program, alias=f"t{n}", url="https://shop.example/")
            models.Creative.objects.create(program=program, name=f"C{n}", target=target, product=product)
            partner = models.Partner.objects.create(name=f"Partner {n}")
            models.Approval.objects.create(partner=partner, program=program, product=product)
    assert desk.get(f"/catalog/{place}/").queries == short <= 15


def test_the_first_manager_is_made_once(tmp_path: Path) -> None:
    booted(tmp_path)
    from django.contrib.auth import authenticate

    from clicktrail.control.accounts.create import create_manager

    made = create_manager()
    assert made is not None
    account = authenticate(username=made[0], password=made[1])
    assert account is not None and account.is_superuser
    assert create_manager() is None
