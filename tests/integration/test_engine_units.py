"""From journals to the ledger: rows, sums and cursors, on both databases."""

from support.cast import ANNA, BANNER, BERT, SHOP
from support.ledgers import Place


def test_clicks_calls_sums_and_cursors_arrive(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        click = scribe.click("x", ANNA, creative=BANNER, referrer="https://Blog.example/a", visitor=b"v1")
        again = scribe.click("x", ANNA, creative=BANNER, visitor=b"v1")
        refused = scribe.click("y", 99, outcome="unknown_partner")
        scribe.write(click, again, refused)
        scribe.write(scribe.order("A-1", scribe.clickid(click), umsatz="95.50"))
    final = ledger.catch_up()
    assert [verdict.reason for _, verdict in final] == ["saved"]
    assert ledger.rows("SELECT id, counted, net, referrer_host FROM ledger_click ORDER BY id") == [
        (click.id, True, True, "blog.example"),
        (again.id, True, False, ""),
        (refused.id, False, False, ""),
    ]
    assert ledger.rows(
        "SELECT number, tid, partner_id, subid, creative_id, revenue_minor, commission_minor, state, test, manual "
        "FROM ledger_transaction"
    ) == [(1, "A-1", ANNA, "x", BANNER, 9550, 955, "open", False, False)]
    sums = "sum(clicks_gross), sum(clicks_net), sum(clicks_refused), sum(transactions), sum(commission_minor)"
    for table in ("hour", "subid", "referrer"):
        found = ledger.rows(f"SELECT {sums} FROM ledger_rollup_{table} WHERE partner_id = ?", ANNA)
        assert [tuple(map(int, row)) for row in found] == [(2, 1, 0, 1, 955)]
    assert ledger.rows("SELECT sealed FROM ledger_journal_cursor") == [(True,)]


def test_an_unknown_partners_clicks_share_one_row_of_sums(ledger: Place) -> None:
    """Invented partner numbers must not make rows without end."""
    with ledger.scribe() as scribe:
        scribe.write(*(scribe.click("", 1000 + n, outcome="unknown_partner") for n in range(50)))
    ledger.catch_up()
    assert ledger.rows("SELECT partner_id, clicks_refused FROM ledger_rollup_hour") == [(0, 50)]


def test_of_two_calls_in_one_batch_the_second_is_the_duplicate(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        click = scribe.click("", ANNA)
        calls = [scribe.order("A-1", scribe.clickid(click)) for _ in range(20)]
        other = scribe.order("A-1", "", pid=str(BERT), nocheck="1", umsatz="1.00")
        scribe.write(click, *calls, other)
    ledger.catch_up()
    assert ledger.reasons() == {"saved": 1, "duplicate": 19, "conflict": 1}
    assert ledger.one("SELECT count(*) FROM ledger_transaction WHERE program_id = ?", SHOP) == 1
    assert ledger.one("SELECT count(*) FROM ledger_postback WHERE transaction_number = 1") == 21
