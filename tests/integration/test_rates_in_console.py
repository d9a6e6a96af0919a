"""Rates with a beginning: entered, to come, past; over console, API and set-up files; what is past stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.folder import fresh
from support.office import Office, office

from clicktrail import catalogfile
from clicktrail.core.catalog import Catalog
from clicktrail.errors import CatalogError
from clicktrail.heartbeat import now_ms

RECALCULATE = "recalculate them under Transactions"
DAY_MS = 86_400_000


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path / "data") as made:
        yield made


def local(days: int) -> str:
    """As a browser's field sends it, in the zone of program 1."""
    return (datetime.now(UTC) + timedelta(days=days)).astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%dT%H:%M")


def published(desk: Office) -> Catalog:
    return catalogfile.read(desk.settings.catalog_folder / catalogfile.CURRENT)


def ppm(desk: Office, at_ms: int, partner: int = 7) -> int | None:
    found = published(desk).rate_at(partner, 1, "Sale", at_ms)
    return found.rate.percent_ppm if found else None


def earned(desk: Office) -> dict[str, int]:
    from clicktrail.control.ledger.models import Transaction

    return dict(Transaction.objects.values_list("tid", "commission_minor"))


def test_before_any_order_a_rate_counts_from_the_beginning(desk: Office) -> None:
    desk.post("/catalog/product/1/rates/", percent="8", fixed="")
    assert (ppm(desk, 0), ppm(desk, now_ms())) == (80_000, 80_000)


def test_what_was_ordered_before_stays_as_it_was(desk: Office) -> None:
    desk.orders("before", umsatz="100")
    page = desk.post("/catalog/product/1/rates/", percent="8", fixed="")
    assert "8 % from now on" in page.text
    desk.orders("after", umsatz="100")
    assert earned(desk) == {"before": 1000, "after": 800}
    shown = desk.get("/catalog/product/1/change/").text
    assert "8 % Valid now" in shown and "10 % Past the beginning" in shown and "mona" in shown


def test_a_rate_to_come_begins_by_itself(desk: Office) -> None:
    desk.post("/catalog/product/1/rates/", percent="15", fixed="", valid_from=local(2))
    assert (ppm(desk, now_ms()), ppm(desk, now_ms() + 3 * DAY_MS)) == (100_000, 150_000)
    page = desk.get("/catalog/product/1/rates/")
    assert "15 % To come" in page.text and "10 % Valid now" in page.text
    row = page.html.partition('name="withdraw" value="')[2].partition('"')[0]
    assert "withdrawn" in desk.post("/catalog/product/1/rates/", withdraw=row).text
    assert ppm(desk, now_ms() + 3 * DAY_MS) == 100_000


def test_the_past_is_refused_and_recalculating_named(desk: Office) -> None:
    before = published(desk)
    page = desk.post("/catalog/product/1/rates/", percent="15", fixed="", valid_from=local(-2))
    assert RECALCULATE in page.text
    assert published(desk) == before


def test_a_partners_own_rate_and_back_again(desk: Office) -> None:
    desk.orders("before", umsatz="100")
    desk.post("/catalog/partner/7/rates/1/", percent="20", fixed="")
    desk.orders("own", umsatz="100")
    page = desk.post("/catalog/partner/7/rates/1/", percent="", fixed="", take_back="1")
    assert "What the product pays" in page.text
    desk.orders("again", umsatz="100")
    assert earned(desk) == {"before": 1000, "own": 2000, "again": 1000}
    assert "20 % Past" in desk.get("/catalog/partner/7/rates/1/").text


def test_what_is_planned_for_a_partner_stays_until_it_is_withdrawn(desk: Office) -> None:
    """Also where it is the first rate of his own, and one that begins earlier is entered after it."""
    page, in_three_days = "/catalog/partner/7/rates/1/", now_ms() + 3 * DAY_MS
    desk.post(page, percent="20", fixed="", valid_from=local(2))
    desk.post(page, percent="15", fixed="")
    assert (ppm(desk, now_ms()), ppm(desk, in_three_days)) == (150_000, 200_000)
    desk.orders("paid", umsatz="100")
    desk.post(page, percent="16", fixed="", valid_from=local(1))
    assert (ppm(desk, in_three_days - DAY_MS * 3 // 2), ppm(desk, in_three_days)) == (160_000, 200_000)


def test_the_first_own_rate_can_be_withdrawn_as_long_as_it_is_to_come(desk: Office) -> None:
    page, in_two_days = "/catalog/partner/7/rates/1/", now_ms() + 2 * DAY_MS
    desk.post(page, percent="20", fixed="", valid_from=local(2))
    desk.post(page, percent="15", fixed="", valid_from=local(1))
    assert 'name="withdraw" value="0"' in desk.get(page).html
    assert "What the product pays" in desk.get("/catalog/partnerrate/").text
    desk.post(page, withdraw="0")
    assert (ppm(desk, in_two_days - DAY_MS // 2), ppm(desk, in_two_days + DAY_MS)) == (100_000, 200_000)
    desk.post(page, withdraw="0")
    assert ppm(desk, in_two_days + DAY_MS) == 100_000


def test_who_entered_it_is_in_the_activity_log(desk: Office) -> None:
    from clicktrail.control.accounts.models import Activity

    desk.post("/catalog/product/1/rates/", percent="15", fixed="", valid_from=local(2))
    row = Activity.objects.get(verb="rate changed")
    assert (row.account, row.program_id, row.facts["rate"]) == ("mona", 1, "15 %")


def test_a_set_up_file_carries_the_whole_history(desk: Office, tmp_path: Path) -> None:
    from clicktrail.control.catalog.apply import apply
    from clicktrail.control.catalog.show import show

    desk.orders("before", umsatz="100")
    desk.post("/catalog/product/1/rates/", percent="8", fixed="")
    desk.post("/catalog/partner/7/rates/1/", percent="", fixed="3", valid_from=local(2))
    desk.post("/catalog/partner/7/rates/1/", percent="", fixed="", take_back="1", valid_from=local(4))
    text = show()
    assert 'valid_from = "beginning"' in text and "none = true" in text
    done = apply(text, "shown.toml")
    assert (done.added, done.changed) == ([], [])
    with pytest.raises(CatalogError, match=RECALCULATE):
        apply(text.replace('valid_from = "beginning"\npercent = "10"', 'valid_from = "2020-01-01"\npercent = "9"'), "x")
    steps = [(step.since_ms, step.rate) for step in published(desk).timed]
    fresh(tmp_path / "elsewhere")
    apply(text, "shown.toml")
    assert show() == text, steps


def test_the_percent_of_a_file_is_from_now_on(desk: Office) -> None:
    from clicktrail.control.catalog.apply import apply

    desk.orders("before", umsatz="100")
    done = apply('[[program]]\nid = 1\n[[program.product]]\nname = "Sale"\npercent = "7"\n', "x")
    assert done.changed == ['product "Sale" of program 1 (percent)']
    assert (ppm(desk, now_ms() - 60_000), ppm(desk, now_ms())) == (100_000, 70_000)


def test_judging_again_pays_by_the_rate_of_the_arrival(desk: Office) -> None:
    """The copy is judged with today's catalog, and by the hour of the call."""
    from clicktrail.core.judge import judge
    from clicktrail.core.postback import from_params

    desk.orders("before", umsatz="100")
    then = now_ms()
    desk.post("/catalog/product/1/rates/", percent="8", fixed="")
    call = from_params({"cpid": "1", "tid": "new", "pid": "7", "umsatz": "100"}, "")
    verdict = judge(call, None, None, None, published(desk), then - 1)
    assert verdict.award is not None
    assert verdict.award.commission_minor == 1000
