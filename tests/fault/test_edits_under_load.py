"""People edit while the engine works off a backlog, and while clicks come in.

The engine's transactions are short and leave a gap while somebody else wants to write: a
save in the console succeeds, and promptly. A new catalog is swapped in whole, without a
request noticing, and an edge never goes back to an older one.
"""

import re
import time
from pathlib import Path
from statistics import median

import pytest
from support.installation import CATALOG, PARTNERS, Installation
from support.load import Load, Story, click
from support.observe import until
from support.scribe import Scribe

from clicktrail import catalogfile
from clicktrail.control.boot import boot
from clicktrail.errors import CatalogError
from clicktrail.settings import Settings

BACKLOG, ROW = 120_000, 2_000
FEWEST_EDITS = 5
SLOWEST_S, MEDIAN_S = 60.0, 1.0
"""Many times what they take on a machine that has nothing else to do; whoever is not let in waits for minutes."""
SWAP_S = 5.0
"""An edge sees a new catalog four times a second; this much is patience with a busy machine."""


def test_edits_during_a_backlog(house: Installation, round_no: int) -> None:
    """Django's own saves, one after the other, for as long as the engine lags behind."""
    with Scribe(house.data, 1) as scribe:
        for row in range(BACKLOG // ROW):
            scribe.write(*(scribe.click(f"s{row % 50}", partner=7) for _ in range(ROW)))
    engine = house.engine()
    seconds = []
    while not house.books.caught_up():
        seconds.append(save_a_partner(house, len(seconds)))
    assert engine.is_running()
    house.books.balance_alone()
    assert len(seconds) >= FEWEST_EDITS, "the engine was done before anybody could edit"
    assert max(seconds) < SLOWEST_S, seconds
    assert median(seconds) < MEDIAN_S, seconds
    assert house.books.one("SELECT count(*) FROM catalog_partner WHERE name LIKE 'During %'") == len(seconds)


def save_a_partner(house: Installation, number: int) -> float:
    """As a form of the console does it; how long it took, in seconds."""
    boot(Settings(data=house.data), "ledger")
    from django.db import connection

    from clicktrail.control.catalog.models import Partner

    began = time.monotonic()
    Partner(name=f"During {number}").save()
    took_s = time.monotonic() - began
    connection.close()
    return took_s


def test_catalogs_are_swapped_under_load(house: Installation, round_no: int) -> None:
    """Each answer is wholly of one catalog, and on one worker none is older than the one before it."""
    house.edge()
    house.engine()
    with Load("127.0.0.1", house.edge_port, "swap", partners=PARTNERS, pause_s=0.02, orders=False) as callers:
        for version in range(3):
            house.apply(CATALOG.replace("/landing?", f"/v{version}/landing?v={version}&"))
            until(lambda version=version: f"/v{version}/" in location(house), SWAP_S, f"catalog {version} is in force")
            callers.wait_answered(20)
        story = callers.stop()
    assert story.statuses() <= {200, 302}
    for caller in range(4):
        versions = [
            found for c in story.clicks if c.subid.startswith(f"swap-{caller}-") for found in [seen(c)] if found
        ]
        assert versions == sorted(versions)
    house.catch_up()
    house.books.balance(story)


def location(house: Installation) -> str:
    return click(house.caller(), "look").answer.headers.decode()


def seen(clicked: object) -> str:
    """The version in a redirect; both of its traces say the same."""
    headers = clicked.answer.headers.decode()  # type: ignore[attr-defined]
    found = re.search(r"/v([0-9])/landing\?v=([0-9])&", headers)
    assert found is None or found[1] == found[2]
    return found[1] if found else ""


def test_a_lost_or_damaged_catalog_file(house: Installation, round_no: int) -> None:
    """Running edges go on with the picture they have; the console puts the file back."""
    house.serve()
    current = house.data / "catalog" / "current.msgpack"
    before, version = current.read_bytes(), version_of(current)
    for damage in (lambda: current.unlink(), lambda: current.write_bytes(before[: len(before) // 2])):
        damage()
        caller = house.caller()
        answers = Story([click(caller, f"without-{n}") for n in range(20)], [])
        assert answers.statuses() == {302}
        assert all(c.clickid for c in answers.clicks)
        until(lambda: version_of(current) == version, 15, "the catalog file is back")


@pytest.mark.parametrize("left", [b"", b"\x91" * 9], ids=["nothing", "nonsense"])
def test_a_worker_starts_while_the_catalog_file_is_lost(house: Installation, left: bytes, round_no: int) -> None:
    """It takes up the newest of the kept ones: a visitor who cannot be sent on is a visitor lost."""
    (house.data / "catalog" / "current.msgpack").write_bytes(left)
    house.edge()
    clicked = click(house.caller(), "kept", partner=7)
    assert clicked.answer.status == 302
    assert clicked.clickid


def version_of(path: Path) -> int:
    """0 where there is no catalog to be read."""
    try:
        return catalogfile.read(path).version
    except (OSError, CatalogError):
        return 0
