"""Forged, copied and squatted calls over HTTP, against the whole server."""

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from support.books import Books
from support.server import Server
from support.shops import Shop, known, verdict

OPEN, SIGNED, HOLD, TOKEN, LISTED, STRICT, BY_SIGNED, OTHER = 1, 21, 22, 23, 24, 25, 26, 27
ANNA, SQUATTER, UNAPPROVED = 7, 8, 9
RULES = {
    SIGNED: "signed = true",
    HOLD: 'signed = true\nunproven = "hold"',
    TOKEN: "token_required = true",
    LISTED: 'networks = ["203.0.113.0/24", "2001:db8::/48"]',
    STRICT: 'nocheck_by = "nobody"\npid_by = "nobody"',
    BY_SIGNED: 'nocheck_by = "signed"\npid_by = "signed"',
    OTHER: "signed = true",
}
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
[[program.target]]
alias = "default"
url = "https://shop.example/?qc_clickid=<% CLICKID %>"
"""
APPROVAL = '[[partner.approval]]\nprogram = {program}\nproducts = ["*"]\n'


def setup() -> str:
    approvals = "".join(APPROVAL.format(program=program) for program in (OPEN, *RULES))
    return (
        "".join(PROGRAM.format(id=id, rules=rules) for id, rules in RULES.items())
        + f'[[partner]]\nid = {ANNA}\nname = "Anna"\n{approvals}'
        + f'[[partner]]\nid = {SQUATTER}\nname = "Squatter"\n{approvals}'
        + f'[[partner]]\nid = {UNAPPROVED}\nname = "Unapproved"\n'
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("forged")
    server = Server(folder / "data", trusted_proxies="127.0.0.1/32")
    (folder / "catalog.toml").write_text(setup())
    try:
        server.lay()
        server.run("catalog", "apply", str(folder / "catalog.toml"))
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="module")
def shop(server: Server) -> Shop:
    return Shop.opened(server, SIGNED)


def order(tid: str, **other: str) -> dict[str, str]:
    return {"tid": tid, "pid": str(ANNA), "umsatz": "95.50", **other}


def refused(told: dict[str, Any], sentence: str = "its signature is wrong") -> None:
    assert (told["reason"], told["status"], told["saved"]) == ("unauthorized", 422, False), told
    assert sentence in told["message"]


def transaction(server: Server, tid: str, program: int = OPEN) -> tuple[Any, ...]:
    columns = "partner_id, revenue_minor, commission_minor, state, trusted, revision"
    sql = f"SELECT {columns} FROM ledger_transaction WHERE program_id = ? AND tid = ?"
    return tuple(Books(server.data).rows(sql, program, tid)[0])


# Forged


def test_a_signed_call_is_saved_and_the_same_as_form_or_json(server: Server, shop: Shop) -> None:
    told = shop.tell(**order("honest ö & +%"))
    assert (told["reason"], told["status"]) == ("saved", 200)
    params = shop.signed(**order("as form", leer=""))
    body = urlencode({name: value for name, value in params.items() if name != "sig"}).encode()
    query = urlencode({"sig": params["sig"].upper(), "format": "json"})
    refused(verdict(server, query, body, Content_Type="application/x-www-form-urlencoded"))
    params = shop.signed(**order("as form", leer="", format="json"))
    body = urlencode({name: value for name, value in params.items() if name != "sig"}).encode()
    query = urlencode({"sig": params["sig"].upper()})
    told = verdict(server, query, body, Content_Type="application/x-www-form-urlencoded")
    assert told["reason"] == "saved"


def test_a_forged_signature_is_unauthorized_and_the_pixel_does_not_break(server: Server, shop: Shop) -> None:
    refused(Shop(server, SIGNED, shop.number, b"x" * 32).tell(**order("forged")))
    refused(shop.say(**order("bare")), "it carries no signature")
    answer = server.get("/get_trans.cgi?" + urlencode({"cpid": str(SIGNED), **order("pixel")}))
    assert (answer.status, answer.headers["content-type"]) == (200, "image/gif")
    logged = {row["tid"]: row for row in server.postbacks()}
    assert logged["forged"]["reason"] == logged["bare"]["reason"] == "unauthorized"


TAMPERED = {
    "another amount": lambda p: p | {"umsatz": "9550"},
    "another partner": lambda p: p | {"pid": str(SQUATTER)},
    "another order": lambda p: p | {"tid": "another"},
    "a parameter more": lambda p: p | {"nocheck": "1"},
    "an unknown parameter more": lambda p: p | {"x": ""},
    "a parameter less": lambda p: {name: value for name, value in p.items() if name != "produkt"},
    "an empty value taken for none": lambda p: {name: value for name, value in p.items() if name != "leer"},
    "another case of a value": lambda p: p | {"produkt": "sale"},
    "another case of a name": lambda p: {("TID" if n == "tid" else n): v for n, v in p.items()} | {"tid": p["tid"]},
    "another time": lambda p: p | {"ts": str(int(p["ts"]) + 1)},
    "the time in another form": lambda p: p | {"ts": p["ts"][:10]},
    "a signature cut short": lambda p: p | {"sig": p["sig"][:-1]},
    "no signature but its place": lambda p: p | {"sig": "0" * 64},
    "another program": lambda p: p | {"cpid": str(OTHER)},
    "a blank more": lambda p: p | {"umsatz": "95.50 "},
    "composed letters in parts": lambda p: p | {"subid": "o\u0308"},
}


@pytest.mark.parametrize("how", TAMPERED)
def test_whoever_tampers_with_a_signed_call_breaks_it(shop: Shop, how: str) -> None:
    params = shop.signed(**order("tampered", produkt="Sale", leer="", subid="\u00f6", format="json"))
    told = verdict(shop.server, urlencode(TAMPERED[how](params)))
    assert told["reason"] == "unauthorized", told


def test_what_is_added_around_a_signed_call_breaks_it(server: Server, shop: Shop) -> None:
    """Twice in the address, or in the body that wins: signed is what is judged."""
    query = shop.query(**order("around"))
    for more in ("&umsatz=1", "&tid=other", "&sig=", f"&cpid={OTHER}", "&sig=" + "0" * 64):
        assert verdict(server, query + more)["reason"] == "unauthorized", more
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    assert verdict(server, query, b"umsatz=1", **form)["reason"] == "unauthorized"
    assert verdict(server, query, b"sig=", **form)["reason"] == "unauthorized"
    assert verdict(server, query, b'{"pid": 8}', Content_Type="application/json")["reason"] == "unauthorized"
    before = "umsatz=1&pid=8&sig=" + "0" * 64 + "&" + query
    assert verdict(server, before)["reason"] == "saved", "what is overridden says nothing, and was not signed"


def test_a_flood_of_parameters_is_a_bad_call(server: Server, shop: Shop) -> None:
    params = shop.signed(**order("flood", **{f"x{n}": "1" for n in range(1000)}))
    told = verdict(server, "format=json", urlencode(params).encode(), Content_Type="application/x-www-form-urlencoded")
    assert told["reason"] == "bad_call"


def test_a_key_counts_in_its_own_program_only(server: Server, shop: Shop) -> None:
    Shop.opened(server, OTHER)
    refused(shop.of(OTHER).tell(**order("foreign key")))
    refused(shop.tell(**order("number", sigkey="999")), "it names key 999, which is revoked or does not exist")
    refused(shop.tell(**order("number", sigkey="1 ")), "its key number is none")


def test_the_time_stamp_must_be_near(shop: Shop) -> None:
    now_s = time.time()
    refused(shop.tell(**order("t1", ts=str(int(now_s) - 14 * 60))), "its time stamp is 14 minutes old; the clock")
    refused(shop.tell(**order("t2", ts=str(int(now_s) + 14 * 60))), "minutes ahead")
    refused(shop.tell(**order("t3", ts="yesterday")), "its time stamp is no time")
    params = shop.signed(**order("t4", format="json"))
    del params["ts"]
    refused(verdict(shop.server, urlencode(params)), "its time stamp is missing")
    assert shop.tell(**order("t5", ts=str(int(now_s) - 4 * 60)))["reason"] == "saved"


def test_keys_are_changed_without_a_gap_and_without_a_restart(server: Server, shop: Shop) -> None:
    second = Shop.opened(server, SIGNED)
    assert second.number == shop.number + 1
    for number, each in enumerate((shop, second)):
        assert each.tell(**order(f"rotated {number}"))["reason"] == "saved"
        assert each.tell(sigkey="", **order(f"no number {number}"))["reason"] == "saved"
    server.run("keys", "call", "revoke", str(second.number), "--program", str(SIGNED))
    known(server)
    refused(second.tell(**order("revoked")), f"it names key {second.number}, which is revoked")
    refused(second.tell(sigkey="", **order("revoked")))
    listed = server.run("keys", "call", "list", "--program", str(SIGNED))
    assert "revoked" in listed and second.secret.hex() not in listed
    assert server.run("keys", "call", "show", str(shop.number), "--program", str(SIGNED)).strip() == shop.secret.hex()


# Copied and squatted


@pytest.fixture(scope="module")
def mixed(server: Server) -> Shop:
    """A program that is open to pixels, and whose server signs."""
    return Shop.opened(server, OPEN)


def test_a_copy_of_a_signed_call_earns_nothing(server: Server, mixed: Shop) -> None:
    query = mixed.query(**order("copied"))
    assert [verdict(server, query)["reason"] for _ in range(3)] == ["saved", "duplicate", "duplicate"]
    assert transaction(server, "copied") == (ANNA, 9550, 955, "open", 1, 0)


def test_a_copy_changes_nothing_that_people_have_decided(server: Server, mixed: Shop) -> None:
    mixed.tell(**order("reopened"))
    cancel = mixed.query(**order("reopened", status="cancelled"))
    assert verdict(server, cancel)["reason"] == "updated"
    move(server, "reopened", "reopen")
    assert verdict(server, cancel)["reason"] == "conflict"
    assert transaction(server, "reopened")[3] == "open"
    stale = mixed.query(**order("reopened", status="cancelled", ts=str(int(time.time()) - 301)))
    assert verdict(server, stale)["reason"] == "duplicate", "outside the window it is a call like anybody's"
    assert transaction(server, "reopened")[3] == "open"
    assert mixed.tell(**order("reopened", status="cancelled"))["reason"] == "updated"


def move(server: Server, tid: str, verb: str) -> None:
    """By hand, as the console does it: in a process of its own."""
    code = (
        "import sys, time; from pathlib import Path; from clicktrail.settings import load;"
        " from clicktrail.control.boot import boot; boot(load(Path(sys.argv[1])), 'ledger');"
        " from django.db import connection; from clicktrail.control.ledger.models import Transaction;"
        " from clicktrail.control.ledger.moves import move, Moved;"
        " row = Transaction.objects.get(program_id=1, tid=sys.argv[2]);"
        " found = move(connection, row.pk, sys.argv[3], 'mona', 'looked at it', time.time_ns() // 1000000);"
        " assert isinstance(found, Moved), found"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(server.data), tid, verb], capture_output=True, text=True, env=server.environ
    )
    assert ended.returncode == 0, ended.stderr


def test_a_squatted_order_number_goes_to_the_signed_call(server: Server, mixed: Shop) -> None:
    first = mixed.say(tid="squatted", pid=str(SQUATTER), umsatz="999")
    assert first["reason"] == "saved"
    told = mixed.tell(**order("squatted"))
    assert (told["reason"], told["status"], told["transaction"]) == ("updated", 200, first["transaction"])
    assert transaction(server, "squatted") == (ANNA, 9550, 955, "open", 1, 1)
    assert "another partner; amount 999.00 EUR before, 95.50 EUR now" in told["message"]
    again = mixed.say(tid="squatted", pid=str(SQUATTER), umsatz="999")
    assert (again["reason"], again["status"]) == ("conflict", 409)
    assert transaction(server, "squatted") == (ANNA, 9550, 955, "open", 1, 1)


def test_nobody_without_a_signature_moves_or_reduces(server: Server, mixed: Shop) -> None:
    mixed.tell(**order("settled"))
    forged = Shop(server, OPEN, mixed.number, b"x" * 32)
    for caller in (mixed.say, forged.tell):
        assert caller(**order("settled", status="cancelled"))["reason"] == "duplicate"
        assert caller(tid="settled", umsatz="1")["reason"] == "conflict"
    assert transaction(server, "settled") == (ANNA, 9550, 955, "open", 1, 0)
    assert mixed.tell(tid="settled", umsatz="60")["reason"] == "updated"
    assert mixed.tell(tid="settled", status="confirmed")["reason"] == "updated"
    assert transaction(server, "settled") == (ANNA, 6000, 600, "confirmed", 1, 2)


def test_on_hold_until_it_is_proven(server: Server) -> None:
    shop = Shop.opened(server, HOLD)
    assert shop.say(**order("held"))["reason"] == "saved"
    assert transaction(server, "held", HOLD)[3:] == ("held", 0, 0)
    assert Shop(server, HOLD, shop.number, b"x" * 32).tell(**order("held", status="confirmed"))["reason"] == "duplicate"
    assert transaction(server, "held", HOLD)[3] == "held"
    assert shop.tell(**order("held"))["reason"] == "updated"
    assert transaction(server, "held", HOLD)[3:] == ("open", 1, 1)


# Tokens, addresses, and what a caller may say


def test_a_token_is_wanted(server: Server) -> None:
    _, token = server.run("keys", "call", "create", "--token", "--program", str(TOKEN)).split()
    server.run("keys", "call", "create", "--token", "--text", "word of the shop", "--program", str(TOKEN))
    known(server)
    shop = Shop(server, TOKEN)
    assert shop.say(**order("token", token=token))["reason"] == "saved"
    assert shop.say(**order("own token", token="word of the shop"))["reason"] == "saved"
    for wrong in ("", token[:-1], token + " ", token.swapcase(), "\u2026"):
        refused(shop.say(**order("wrong", token=wrong)), "its token is missing or wrong")
    refused(shop.say(**order("wrong", Token=token)), "its token is missing or wrong")
    assert verdict(server, urlencode({"cpid": OPEN, "token": token, "format": "json"}))["reason"] == "missing_tid"


@pytest.mark.parametrize(
    ("forwarded", "passes"),
    [
        ("203.0.113.9", True),
        ("2001:db8::7", True),
        ("::ffff:203.0.113.9", True),
        ("198.51.100.1", False),
        ("203.0.113.9, 198.51.100.1", False),
        ("198.51.100.1, 203.0.113.9", True),
        ("203.0.113.9, nonsense", False),
        ("", False),
    ],
)
def test_only_listed_addresses_behind_trusted_proxies(server: Server, forwarded: str, passes: bool) -> None:
    """What a stranger writes into X-Forwarded-For stands left of what our proxy adds."""
    query = urlencode({"cpid": LISTED, "format": "json", **order(f"from {forwarded}")})
    told = verdict(server, query, **({"X_Forwarded_For": forwarded} if forwarded else {}))
    if passes:
        assert told["reason"] == "saved"
    else:
        refused(told, "it does not come from a listed address")


def test_who_may_skip_the_check_and_name_the_partner(server: Server) -> None:
    signer = Shop.opened(server, BY_SIGNED)
    for program in (STRICT, BY_SIGNED):
        anybody = Shop(server, program)
        skipped = anybody.say(tid="n", pid=str(UNAPPROVED), umsatz="1", nocheck="1")
        assert skipped["reason"] == "no_attribution"
        assert "of the parameter pid" in skipped["message"]
        clicked = server.get(f"/go.cgi?cpid={program}&pid={UNAPPROVED}").location.partition("qc_clickid=")[2]
        told = anybody.say(tid="c", clickid=clicked, pid=str(ANNA), umsatz="1", nocheck="1")
        assert told["reason"] == "not_approved", "neither the pid nor nocheck=1 counts"
        assert "of the parameter nocheck" in told["message"]
    assert signer.tell(tid="s", pid=str(UNAPPROVED), umsatz="1", nocheck="1")["reason"] == "saved"


# Secrets


def test_what_proves_a_call_is_written_down_nowhere(server: Server, shop: Shop) -> None:
    token = "TOKEN-that-nobody-may-read"
    server.run("keys", "call", "create", "--token", "--text", token, "--program", str(TOKEN))
    known(server)
    assert Shop(server, TOKEN).say(**order("secret", token=token))["reason"] == "saved"
    params = shop.signed(**order("secret", format="json"))
    assert verdict(server, urlencode(params))["reason"] == "saved"
    wrong = params | {"sig": "ab" * 32}
    refused(verdict(server, urlencode(wrong)))
    secrets = (token.encode(), params["sig"].encode(), wrong["sig"].encode(), shop.secret.hex().encode(), shop.secret)
    found = [server.words().encode(), server.get("/metrics").body]
    found += [path.read_bytes() for path in server.data.rglob("*") if path.is_file()]
    assert b"its signature is wrong" in b"".join(found), "what may be read is there"
    for secret in secrets:
        assert not any(secret in content for content in found)
