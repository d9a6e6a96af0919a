"""Another check key: old ClickIDs stay good, new ones carry its number, and nothing runs meanwhile."""

from support.server import Server

from clicktrail.core.clickid import CHECK_BITS, split


def _click(server: Server) -> str:
    return str(server.get("/go.cgi?cpid=1&pid=2&wmid=1&format=json").json()["clickid"])


def _key_number(clickid: str) -> int:
    parts = split(clickid, "QC")
    assert parts is not None
    return parts[1] >> CHECK_BITS


def _reason(server: Server, tid: str, clickid: str) -> str:
    path = f"/get_trans.cgi?cpid=1&tid={tid}&umsatz=10&clickid={clickid}&format=json"
    return str(server.get(path).json()["reason"])


def test_a_click_from_before_the_rotation_is_credited_after_it(server: Server) -> None:
    before = _click(server)
    refused = server.ended("keys", "rotate")
    assert refused.returncode == 2
    assert "stop it, rotate, and start it again" in refused.stderr
    server.stop()
    assert "key 1" in server.run("keys", "rotate")
    server.start()
    after = _click(server)
    assert (_key_number(before), _key_number(after)) == (0, 1)
    assert [_reason(server, "A-1", before), _reason(server, "A-2", after)] == ["saved", "saved"]
    # The old signature under the new key's number is no genuine ClickID.
    forged = f"QC{int(before[2:]) + (1 << CHECK_BITS):027d}"
    assert _reason(server, "A-3", forged) == "malformed_clickid"
