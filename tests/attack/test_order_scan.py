"""Strangers who guess order numbers and log numbers, to read what other people's orders are worth."""

import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from support.books import Books
from support.observe import until
from support.server import Server
from support.shops import Shop, final, known

from clicktrail.core.callnumber import CHECK_DIGITS, CallNumbers, log_number

OPEN, TOKEN, OTHER = 24, 21, 23
ANNA, BERT = 7, 8
LIMIT = 25
WORD = "word of the shop"
RULES = {OPEN: "", TOKEN: "token_required = true", OTHER: ""}
PROGRAM = """
[[program]]
id = {id}
name = "Shop {id}"
currency = "EUR"
time_zone = "Europe/Berlin"
{rules}
[[program.product]]
name = "Sale"
percent = "10"
[[program.product]]
name = "Service"
percent = "5"
[[program.target]]
alias = "default"
url = "https://shop.example/?qc_clickid=<% CLICKID %>"
"""
APPROVAL = '[[partner.approval]]\nprogram = {program}\nproducts = ["*"]\n'
ORDERS = {"4711": "10.95", "4712": "1234.50", "4713": "77.77"}
NO_ORDERS = ("4714", "4715", "4716")
SECRETS = re.compile(r"10[.,]95|1095|1234[.,]50|77[.,]77|Service|partner \d|QC\d{27}|\btransaction \d")
"""Whatever an earlier order says."""


def setup() -> str:
    approvals = "".join(APPROVAL.format(program=program) for program in RULES)
    partners = "".join(f'[[partner]]\nid = {id}\nname = "{id}"\n{approvals}' for id in (ANNA, BERT))
    return "".join(PROGRAM.format(id=id, rules=rules) for id, rules in RULES.items()) + partners


class Networks:
    """An address in a network that has asked for nothing yet."""

    def __init__(self) -> None:
        self._count = 0

    def fresh(self) -> str:
        self._count += 1
        return f"198.18.{self._count}.7"


@pytest.fixture(scope="module")
def networks() -> Networks:
    return Networks()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("scan")
    server = Server(folder / "data", trusted_proxies="127.0.0.1/32", unproven_verdicts_per_hour=LIMIT)
    (folder / "catalog.toml").write_text(setup())
    try:
        server.lay()
        server.run("catalog", "apply", str(folder / "catalog.toml"))
        server.run("keys", "call", "create", "--token", "--text", WORD, "--program", str(TOKEN))
        server.start()
        known(server)
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def clicks(server: Server, networks: Networks) -> dict[str, str]:
    """Orders of Anna's in the open program; order number -> the ClickID that it was saved with."""
    found = {}
    for tid, amount in ORDERS.items():
        found[tid] = click(server, ANNA)
        told = call(server, networks.fresh(), tid=tid, umsatz=amount, produkt="Service", clickid=found[tid])
        assert told["saved"], told
    return found


def click(server: Server, partner: int, program: int = OPEN) -> str:
    answer = server.get(f"/go.cgi?cpid={program}&pid={partner}&format=json")
    return str(answer.json()["clickid"])


def call(server: Server, address: str, program: int = OPEN, **params: str) -> dict[str, Any]:
    query = urlencode({"format": "json", "cpid": str(program), **params})
    return final(server, server.get(f"/get_trans.cgi?{query}", X_Forwarded_For=address))


def recall(server: Server, number: object, address: str, **params: str) -> dict[str, Any]:
    query = urlencode({"format": "json", "call": str(number), **params})
    answer = server.get(f"/get_trans.cgi?{query}", X_Forwarded_For=address)
    return {**answer.json(), "status": answer.status}


PROBES: list[dict[str, str]] = [
    {"umsatz": "0.01", "produkt": "?", "clickid": "x"},
    {"umsatz": "0.01"},
    {"umsatz": "abc", "produkt": "Service"},
    {"produkt": "?"},
    {"pid": "999"},
    {"pid": str(BERT), "umsatz": "5", "status": "cancelled"},
    {"umsatz": "0.01", "token": "guessed", "ts": "1", "sig": "0" * 64},
    {},
    {"clickid": "QC" + "1" * 27},
    {"umsatz": "10.95", "pid": str(ANNA), "produkt": "Service"},
]


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: urlencode(probe) or "nothing")
@pytest.mark.parametrize("is_clicker", [False, True], ids=["no click", "a click of one's own"])
def test_a_scan_of_order_numbers_learns_only_codes(
    server: Server, clicks: dict[str, str], networks: Networks, probe: dict[str, str], is_clicker: bool
) -> None:
    """Also with a genuine ClickID, which anyone gets by clicking once."""
    address = networks.fresh()
    own = {"clickid": click(server, BERT)} if is_clicker else {}
    told = [call(server, address, tid=tid, **{**probe, **own}) for tid in ORDERS]
    assert {each["reason"] for each in told} <= {"duplicate", "conflict"}
    for reason in {each["reason"] for each in told}:
        same = [{**each, "call": ""} for each in told if each["reason"] == reason]
        assert same == [same[0]] * len(same), "orders look alike"
        assert same[0]["transaction"] is None
        assert SECRETS.findall(same[0]["message"]) == []


def test_the_log_keeps_the_whole_verdict(server: Server, clicks: dict[str, str], networks: Networks) -> None:
    told = call(server, networks.fresh(), tid="4711", umsatz="0.01")
    [row] = [row for row in server.postbacks() if str(row["call"]) == str(log_number(told["call"]))]
    assert (row["reason"], row["tid"]) == ("conflict", "4711")
    assert "amount 10.95 EUR before, 0.01 EUR now" in server.run("trace", told["call"])


def test_a_network_above_its_limit_cannot_tell_orders_apart(
    server: Server, clicks: dict[str, str], networks: Networks
) -> None:
    address, logged = networks.fresh(), len(server.postbacks())
    told = [call(server, address, tid="4711", umsatz="0.01")["reason"] for _ in range(LIMIT)]
    assert told == ["conflict"] * LIMIT
    above = [call_once(server, address, tid=tid, umsatz="0.01", clickid="x") for tid in (*ORDERS, *NO_ORDERS)]
    assert [each["status"] for each in above] == [202] * len(above)
    assert len({(each["reason"], each["message"], each["saved"], each["transaction"]) for each in above}) == 1
    assert above[0]["reason"] == "withheld"
    neighbour = address.removesuffix("7") + "200"
    assert call_once(server, neighbour, tid="4711", umsatz="2")["reason"] == "withheld", "one network"
    assert recall(server, above[0]["call"], address)["reason"] == "withheld", "asking later is no way round"
    assert recall(server, above[0]["call"], networks.fresh())["reason"] == "conflict"
    assert call(server, networks.fresh(), tid="4711", umsatz="0.01")["reason"] == "conflict"
    assert len(server.postbacks()) == logged + LIMIT + len(above) + 2, "every call was taken"
    counted = re.search(r"^clicktrail_verdicts_withheld_total\S* (\d+)", server.get("/metrics").body.decode(), re.M)
    assert counted and int(counted[1]) >= len(above) + 2


def call_once(server: Server, address: str, **params: str) -> dict[str, Any]:
    """The first answer, as it came."""
    query = urlencode({"format": "json", "cpid": str(OPEN), **params})
    answer = server.get(f"/get_trans.cgi?{query}", X_Forwarded_For=address)
    return {**answer.json(), "status": answer.status}


def test_a_shop_with_its_own_clickids_never_meets_the_limit(
    server: Server, clicks: dict[str, str], networks: Networks
) -> None:
    """Also beside somebody who has used up the network's share."""
    address = networks.fresh()
    for _ in range(LIMIT + 1):
        call_once(server, address, tid="4712", umsatz="0.01")
    for number in range(3):
        order = {"tid": f"own-{number}", "produkt": "Sale", "umsatz": "95.50", "clickid": click(server, ANNA)}
        saved, again = call_once(server, address, **order), call_once(server, address, **order)
        assert (saved["status"], saved["saved"], saved["reason"]) == (200, True, "saved")
        assert saved["message"] == f"The order was saved as transaction {saved['transaction']}."
        assert (again["status"], again["saved"], again["reason"]) == (200, False, "duplicate")
        assert again["transaction"] == saved["transaction"]
        number = saved["transaction"]
        assert again["message"] == f"This order was saved before as transaction {number}; nothing more is needed."
        other = call_once(server, address, **{**order, "umsatz": "1.00"})
        assert (other["status"], other["reason"], other["transaction"]) == (409, "conflict", number)
        assert "amount" in other["message"] and "95" not in other["message"]


def test_a_guessed_log_number_is_answered_to_nobody(server: Server, clicks: dict[str, str], networks: Networks) -> None:
    """Who knows the second of another's call knows its number nearly."""
    told = call(server, networks.fresh(), tid="4713", umsatz="77.77", produkt="Service", clickid=clicks["4713"])
    number, dice = log_number(told["call"]), random.Random(7)
    assert number is not None
    address = networks.fresh()
    forged = CallNumbers(b"x" * 32)
    guesses = [str(number), f"0{number}", forged.text(number), *(str(number + step) for step in range(-50, 50))]
    guesses += [f"{number}{dice.randrange(10**CHECK_DIGITS):0{CHECK_DIGITS}d}" for _ in range(200)]
    answers = [recall(server, guess, address) for guess in guesses]
    assert {(each["status"], each["reason"]) for each in answers} == {(422, "bad_call")}
    assert recall(server, told["call"], address)["transaction"] == told["transaction"], "the caller's own number"


def test_the_shops_proof_opens_a_log_number_of_its_program_only(server: Server, networks: Networks) -> None:
    shop, address = Shop.opened(server, OTHER), networks.fresh()
    clicked = click(server, ANNA, TOKEN)
    assert call(server, address, TOKEN, tid="T-1", umsatz="10.95", produkt="Sale", clickid=clicked, token=WORD)["saved"]
    conflict = call(server, address, TOKEN, tid="T-1", umsatz="1.00", token=WORD)
    assert "amount 10.95 EUR before, 1.00 EUR now" in conflict["message"], "a valid token reads it all"
    number = log_number(conflict["call"])
    for proof in ({"token": WORD}, {}):
        bare = recall(server, number, address, cpid=str(TOKEN), **proof)
        assert ("10.95 EUR" in bare["message"]) == bool(proof), bare
    for wrong in ({"cpid": str(TOKEN), "token": "guessed"}, {"cpid": str(OPEN), "token": WORD}):
        assert recall(server, number, address, **wrong)["reason"] == "bad_call"
    query = shop.query(call=str(number))
    answer = server.get(f"/get_trans.cgi?{query}").json()
    assert answer["reason"] == "waiting", "another program's signature: as if nobody knew the call"


def test_a_signed_shop_reads_its_strangers_verdicts_in_full(server: Server, networks: Networks) -> None:
    shop = Shop.opened(server, OTHER)
    clicked = click(server, ANNA, OTHER)
    assert shop.tell(tid="S-1", umsatz="10.95", produkt="Sale", clickid=clicked)["saved"]
    stranger = call(server, networks.fresh(), OTHER, tid="S-1", umsatz="0.01")
    assert stranger["transaction"] is None
    for number in (stranger["call"], log_number(stranger["call"])):
        full = server.get(f"/get_trans.cgi?{shop.query(call=str(number))}").json()
        assert "amount 10.95 EUR before, 0.01 EUR now" in full["message"], full
    signed = shop.tell(tid="S-1", umsatz="99.00")
    assert "10.95 EUR before, 99.00 EUR now" in signed["message"]


def test_a_flood_of_probes_leaves_the_inbox_usable(server: Server, clicks: dict[str, str], networks: Networks) -> None:
    """Pixels, as fast as one connection takes them; then what people see."""
    books, address, probes = Books(server.data), networks.fresh(), 300
    in_inbox = "SELECT count(*) FROM ledger_postback WHERE in_inbox"
    conflicts = "SELECT count(*) FROM ledger_postback WHERE reason = 'conflict'"
    waiting, logged = books.one(in_inbox), books.one(conflicts)
    for number in range(probes):
        query = urlencode({"cpid": OPEN, "tid": "4711", "umsatz": f"0.{number % 90 + 10}"})
        assert server.get(f"/get_trans.cgi?{query}", X_Forwarded_For=address).status == 200
    until(lambda: books.one(conflicts) == logged + probes, 60, "every probe is judged and logged as a conflict")
    network = address.removesuffix("7") + "0"
    groups = books.rows("SELECT count FROM ledger_conflict_group WHERE network = ?", network)
    assert sum(row[0] for row in groups) == probes
    assert waiting + 1 <= books.one(in_inbox) <= waiting + 2, "two where the hour ended meanwhile"
