"""Who may call, over the API: the rules of a program, its signing keys and tokens."""

from collections.abc import Iterator

import pytest
from support.counter import Counter, counter

from clicktrail import catalogfile, keys
from clicktrail.core.access import Access, token_digest, token_purpose


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("api") / "data", api_requests_per_minute=0) as made:
        yield made


def access(api: Counter) -> Access:
    return catalogfile.read(api.office.settings.catalog_folder / catalogfile.CURRENT).programs[1].access


def test_the_rules_are_shown_and_changed(api: Counter) -> None:
    asked = {"signed": True, "networks": ["203.0.113.7", "2001:db8::/48"], "unproven": "hold", "pid": "signed"}
    told = api.ask("PATCH", "/programs/1", {"access": asked}).json["access"]
    assert told["networks"] == ["203.0.113.7/32", "2001:db8::/48"]
    assert (told["signed"], told["unproven"], told["pid"], told["nocheck"]) == (True, "hold", "signed", "everybody")
    assert access(api).pid == "signed" and access(api).signed
    for wrong, field in (({"networks": ["203.0.113.7/24"]}, "access.networks"), ({"pid": "me"}, "access.pid")):
        answer = api.ask("PATCH", "/programs/1", {"access": wrong})
        assert (answer.status, answer.fields) == (422, [field])
    api.ask("PATCH", "/programs/1", {"access": {"signed": False, "networks": [], "unproven": "refuse"}})


def test_signing_keys(api: Counter) -> None:
    first, second = (api.post("/programs/1/signing-keys", None).json for _ in range(2))
    kept = keys.load(api.office.settings.keys_folder)
    assert [each["secret"] for each in (first, second)] == [
        keys.derive(kept, key.purpose(1)).hex() for key in access(api).keys[-2:]
    ]
    listed = api.get("/programs/1/signing-keys?limit=1").json
    assert listed["next_cursor"] and "secret" not in listed["items"][0]
    revoked = api.ask("DELETE", f"/programs/1/signing-keys/{first['number']}").json
    assert (revoked["number"], revoked["state"]) == (first["number"], "revoked")
    assert first["number"] not in [key.number for key in access(api).keys]
    assert api.ask("DELETE", "/programs/1/signing-keys/999").status == 404
    answers = [api.post("/programs/1/signing-keys", None) for _ in range(8)]
    assert (answers[-1].status, answers[-1].code) == (409, "not_possible")


def test_tokens(api: Counter) -> None:
    kept = keys.load(api.office.settings.keys_folder)
    made, brought = (api.post("/programs/1/tokens", body).json for body in ({}, {"text": "word of the shop"}))
    assert brought["secret"] == "word of the shop"
    digests = [token_digest(keys.derive(kept, token_purpose(1)), each["secret"]) for each in (made, brought)]
    assert [token.digest for token in access(api).tokens] == digests
    again = api.post("/programs/1/tokens", {"text": "word of the shop"})
    assert (again.status, again.fields) == (422, ["text"])
    assert api.ask("DELETE", f"/programs/1/tokens/{made['number']}").json["state"] == "revoked"
    assert [each["state"] for each in api.get("/programs/1/tokens").json["items"]] == ["revoked", "active"]
