"""The same order from several sides at the same moment.

Invariant 2: one transaction per (program, tid), for ever, by a constraint of the ledger and
not by anybody's memory: over two workers, two forms of the call, and restarts in between.
"""

import itertools
import threading
from collections import Counter

from support.installation import Installation
from support.load import Called, Story, call, click
from support.observe import until
from support.ports import free_port

TWENTY = 20
TEN = 10


def test_twenty_identical_postbacks_over_two_workers(house: Installation, round_no: int) -> None:
    """Pixel and server to server: one is saved, nineteen are duplicates that name its transaction."""
    other = free_port()
    house.edge(1)
    house.edge(2, other)
    house.engine()
    first = click(house.caller(), "first")
    calls = at_once(house, [house.edge_port, other], TWENTY, "order", first.clickid)
    assert {c.answer.status for c in calls} == {200}
    house.catch_up()
    house.books.balance(Story([first], calls))
    one_saved(house, "order", TWENTY)
    told = [c.verdict for c in calls if c.verdict]
    assert len(told) == TWENTY // 2
    assert sum(bool(v["saved"]) for v in told) <= 1
    assert len({v["transaction"] for v in told}) == 1
    nodes = {row[0] >> 12 & 1023 for row in house.books.rows("SELECT id FROM ledger_postback")}
    assert nodes == {1, 2}


def test_ten_identical_postbacks_across_a_restart(house: Installation, round_no: int) -> None:
    """Five before everything is killed, ten at once while it comes back: still one."""
    edge, engine = house.edge(), house.engine()
    first = click(house.caller(), "first")
    before = at_once(house, [house.edge_port], TEN // 2, "order", first.clickid)
    edge.kill()
    engine.kill()
    during: list[Called] = []
    retrying = threading.Thread(
        target=lambda: during.extend(at_once(house, [house.edge_port], TEN, "order", first.clickid, "again"))
    )
    retrying.start()
    house.edge()
    house.engine()
    retrying.join(120)
    assert not retrying.is_alive()
    house.catch_up()
    house.books.balance(Story([first], before + during))
    one_saved(house, "order", TEN + TEN // 2)


def at_once(
    house: Installation, ports: list[int], number: int, tid: str, clickid: str, name: str = "m"
) -> list[Called]:
    """So many callers who have all connected wait for one another, then send; each until it is promised."""
    together = threading.Barrier(number)
    done: list[Called] = []

    def shop(n: int) -> None:
        caller, attempts = house.caller(ports[n % len(ports)]), itertools.count()
        form = {"format": "json"} if n // len(ports) % 2 else {}

        def send() -> Called | None:
            called = call(caller, tid, f"{name}{n}.{next(attempts)}", clickid=clickid, **form)
            return called if called.promised else None

        together.wait(120)
        done.append(until(send, 20, "a shop is promised its call"))

    threads = [threading.Thread(target=shop, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(done) == number
    return done


def one_saved(house: Installation, tid: str, calls: int) -> None:
    reasons = Counter(row[0] for row in house.books.rows("SELECT reason FROM ledger_postback WHERE tid = ?", tid))
    assert reasons == {"saved": 1, "duplicate": calls - 1}
    assert house.books.one("SELECT count(*) FROM ledger_transaction WHERE tid = ?", tid) == 1
