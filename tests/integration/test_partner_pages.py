"""Partners in the console: applications, the table of approvals, notes, figures, and signing in as one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.office import Office, office, signed_in

from clicktrail import catalogfile
from clicktrail.core.catalog import Catalog
from clicktrail.heartbeat import now_ms

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path / "data") as made:
        yield made


def published(desk: Office) -> Catalog:
    return catalogfile.read(desk.settings.catalog_folder / catalogfile.CURRENT)


def applied(name: str = "Nina's garden") -> Any:
    from clicktrail.control.accounts.models import Account, Role
    from clicktrail.control.portal.models import Application

    account = Account.objects.create_user(f"{name}@x.example", password="unused", role=Role.PARTNER)
    return Application.objects.create(
        account_id=account.pk, name=name, email="nina@x.example", website="https://nina.example",
        traffic="A blog about <roses>", terms_version=1, at_ms=now_ms(),
    )  # fmt: skip


def test_an_application_approved_is_a_partner_who_may_earn(desk: Office) -> None:
    row = applied()
    assert "1 application waits" in desk.get("/catalog/partner/").text
    assert "Nina's garden" in desk.get("/catalog/partner/applications/").text
    assert "A blog about <roses>" in desk.get(f"/catalog/partner/applications/{row.pk}/").text
    page = desk.post(f"/catalog/partner/applications/{row.pk}/", approve="1", products=["1"], every=["5"], percent="9")
    row.refresh_from_db()
    assert page.address == f"/catalog/partner/{row.partner_id}/change/"
    catalog = published(desk)
    assert catalog.is_approved(row.partner_id, 1, "Sale") and not catalog.is_approved(row.partner_id, 1, "Lead")
    assert catalog.is_approved(row.partner_id, 5, "whatever comes later")
    rate = catalog.rate_at(row.partner_id, 1, "Sale", now_ms())
    assert rate is not None and (rate.rate.percent_ppm, rate.own) == (90_000, True)
    desk.orders("N-1", partner=row.partner_id, umsatz="100")
    from clicktrail.control.ledger.models import Transaction

    assert Transaction.objects.get(tid="N-1").commission_minor == 900
    again = desk.post(f"/catalog/partner/applications/{row.pk}/", approve="1")
    assert "decided this application already" in again.text


def test_declining_needs_a_reason(desk: Office) -> None:
    row = applied()
    page = desk.post(f"/catalog/partner/applications/{row.pk}/", decline="1", why="")
    assert "This field is required." in page.text
    desk.post(f"/catalog/partner/applications/{row.pk}/", decline="1", why="Gardeners only.")
    row.refresh_from_db()
    assert (row.state, row.why, row.decided_by) == ("declined", "Gardeners only.", "mona")
    assert "Declined" in desk.get("/catalog/partner/applications/").text


def _cell(desk: Office, cell: str, *on: str, program: int = 1) -> str:
    answer = desk.client.post(f"/catalog/approval/?program={program}", {"cell": cell, "on": list(on)}, **HTMX)
    return str(answer.content.decode())


def test_a_box_answers_without_reloading(desk: Office) -> None:
    told = _cell(desk, "2-1", "2-1")
    assert "<html" not in told and 'hx-swap-oob="innerHTML">Test partner may earn Sale now.' in told
    from clicktrail.control.catalog.models import Approval

    assert Approval.objects.filter(partner=2, product=1).exists()
    assert "Test partner may not earn Sale any more." in _cell(desk, "2-1")
    assert not Approval.objects.filter(partner=2, product=1).exists()


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({"row": "2"}, {(2, "Sale"), (2, "Lead")}),
        ({"column": "1"}, {(2, "Sale"), (9, "Sale")}),
        ({"column": "0"}, {(2, "*"), (7, "*"), (9, "*")}),
        ({"cell": "9-0", "on": ["9-0"]}, {(9, "*")}),
        ({"save": "1", "on": ["9-1", "7-0", "77-1"]}, {(9, "Sale")}),
    ],
)
def test_rows_columns_and_pages(desk: Office, asked: dict[str, Any], given: set[tuple[int, str]]) -> None:
    """Anna (7) has every product; what is under that is left alone."""
    from clicktrail.control.catalog.models import Approval, Partner

    Partner.objects.create(pk=9, name="New")
    Approval.objects.filter(partner=2).delete()
    desk.client.post("/catalog/approval/?program=1", asked)
    found = {(row.partner, row.product) for row in published(desk).approvals if row.program == 1}
    assert found == given | {(7, "*")}


def test_thousands_of_partners_are_paged(desk: Office) -> None:
    from clicktrail.control.catalog.models import Partner

    Partner.objects.bulk_create([Partner(pk=100 + n, name=f"Partner {n}") for n in range(3000)])
    page = desk.get("/catalog/approval/", program="1")
    assert page.html.count('<th scope="row">') == 50 and page.queries < 15
    onward = page.html.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "Partner 60" in desk.get(onward).text
    assert "Partner 2999" in desk.get("/catalog/approval/", program="1", q="Partner 2999").text
    assert desk.get("/catalog/partner/").queries < 25


def test_figures_and_orders_of_a_partner(desk: Office) -> None:
    desk.orders("A-1", "A-2", umsatz="100")
    page = desk.get("/catalog/partner/7/change/")
    assert "Clicks 2 Orders 2 Revenue 200.00 EUR Commission 20.00 EUR" in page.text
    assert "A-1" in page.text and "Garden shop (1) Sale Approved 10 %" in page.text
    assert "2 2 200.00 EUR 20.00 EUR" in desk.get("/catalog/partner/").text
    assert desk.get("/catalog/partner/999/change/").address == "/"


def test_notes(desk: Office) -> None:
    assert "mona" in desk.post("/catalog/partner/7/notes/", text="Call on <Mondays>").text
    assert "Call on <Mondays>" in desk.get("/catalog/partner/7/change/").text
    assert "A note needs words" in desk.post("/catalog/partner/7/notes/", text="").text


def test_signing_in_as_a_partner_is_written_down(desk: Office) -> None:
    from clicktrail.control.accounts.models import Activity

    page = desk.post("/catalog/partner/7/sign-in/")
    assert (page.status, page.address) == (200, "/partner/")
    assert "Anna <b>" in page.text
    row = Activity.objects.get(verb="signed in as partner")
    assert (row.account, row.subject) == ("mona", "Anna <b> (7)")
    assert desk.get("/catalog/partner/7/sign-in/").status == 404


@pytest.fixture
def reader(desk: Office) -> Iterator[Office]:
    from clicktrail.control.accounts.models import Account, Role

    account = Account.objects.create_user("rita", password="unused", role=Role.READER, is_staff=True, programs=[1])
    with signed_in(desk.settings, account) as found:
        yield found


def test_who_only_reads_changes_nothing(reader: Office) -> None:
    row, before = applied(), published(reader)
    assert reader.get("/catalog/approval/").status == 200
    assert "hx-post" not in reader.get("/catalog/approval/").html
    for place, fields in (
        ("/catalog/approval/?program=1", {"cell": "2-1", "on": "2-1"}),
        ("/catalog/product/1/rates/", {"percent": "1"}),
        ("/catalog/partner/7/rates/1/", {"percent": "1"}),
        ("/catalog/partner/7/notes/", {"text": "x"}),
        ("/catalog/partner/7/sign-in/", {}),
        (f"/catalog/partner/applications/{row.pk}/", {"approve": "1"}),
    ):
        assert reader.post(place, **fields).status in (403, 404), place
    assert published(reader) == before and "as_partner" not in reader.client.session


def test_another_program_is_not_there(reader: Office) -> None:
    assert reader.get("/catalog/approval/", program="5").status == 404
    assert [reader.get(f"/catalog/{place}").status for place in ("product/3/rates/", "partner/7/rates/3/")] == [
        404,
        404,
    ]
    assert reader.get("/catalog/partner/applications/").status == 404
    assert "Yen shop" not in reader.get("/catalog/partner/7/change/").text
