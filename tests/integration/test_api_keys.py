"""Keys of the API: shown once, stored as a hash, rotated with overlap, revoked, in API, console and terminal."""

import re
from collections.abc import Iterator

import pytest
from support.counter import Counter, counter


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("api") / "data") as made:
        yield made


@pytest.fixture(autouse=True)
def fresh_buckets(api: Counter) -> None:
    from clicktrail.control.api.guard import buckets

    buckets.clear()


def _status(api: Counter, key: str) -> int:
    return api.get("/programs", key=key).status


def test_a_key_is_shown_once_and_stored_as_a_hash(api: Counter) -> None:
    answer = api.post("/keys", {"name": "Shop", "scopes": ["read"]})
    secret = answer.json["secret"]
    assert re.fullmatch(r"ct_[a-z0-9]{10}_[A-Za-z0-9_-]{43}", secret)
    assert "secret" not in api.get(f"/keys/{answer.json['id']}").json
    ledger = api.office.settings.ledger_file
    stored = b"".join(path.read_bytes() for path in ledger.parent.glob("ledger.sqlite*"))
    assert answer.json["id"].encode() in stored
    assert secret.encode() not in stored
    assert secret.rpartition("_")[2].encode() not in stored
    assert _status(api, secret) == 200


@pytest.mark.parametrize("wrong", ["", "x", "ct_", "ct_abcdefghij_" + "A" * 43, "é", "ct_" + "a" * 5000])
def test_a_wrong_key_is_refused(api: Counter, wrong: str) -> None:
    assert api.get("/programs", key=wrong or None).status == 401


def test_one_character_off_is_refused(api: Counter) -> None:
    key = api.key()
    assert _status(api, key[:-1] + ("A" if key[-1] != "A" else "B")) == 401
    assert _status(api, key.swapcase()) == 401


def test_a_revoked_key_ends_at_once_and_stays_in_the_list(api: Counter) -> None:
    key = api.key(["read"])
    public = key.split("_")[1]
    assert _status(api, key) == 200
    assert api.delete(f"/keys/{public}").json["revoked_at"]
    assert _status(api, key) == 401
    revoked = api.get("/keys?revoked=true&limit=1000").json["items"]
    assert public in [row["id"] for row in revoked]
    assert api.post(f"/keys/{public}/rotation", {}).code == "not_possible"


def test_a_rotated_key_is_good_for_its_overlap_and_no_longer(api: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.api import keys

    old = api.key(["read"])
    public = old.split("_")[1]
    new = api.post(f"/keys/{public}/rotation", {"overlap_hours": 2}).json
    assert new["secret"] != old
    assert new["overlap_until"]
    assert (_status(api, old), _status(api, new["secret"])) == (200, 200)
    now_ms = keys.now_ms()
    monkeypatch.setattr(keys, "now_ms", lambda: now_ms + 2 * keys.HOUR_MS + 60_000)
    assert (_status(api, old), _status(api, new["secret"])) == (401, 200)


def test_a_second_rotation_ends_the_first_secret(api: Counter) -> None:
    first = api.key(["read"])
    public = first.split("_")[1]
    second = api.post(f"/keys/{public}/rotation", {"overlap_hours": 5}).json["secret"]
    third = api.post(f"/keys/{public}/rotation", {"overlap_hours": 0}).json["secret"]
    assert [_status(api, key) for key in (first, second, third)] == [401, 401, 200]


def test_the_last_use_is_visible_and_written_once_a_minute(api: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.api import keys

    key = api.key(["read"])
    path = f"/keys/{key.split('_')[1]}"
    assert api.get(path).json["last_used_at"] is None
    now_ms = keys.now_ms()
    for later_ms, changes in ((0, True), (30_000, False), (61_000, True)):
        before = api.get(path).json["last_used_at"]
        monkeypatch.setattr(keys, "now_ms", lambda at=now_ms + later_ms: at)
        _status(api, key)
        assert (api.get(path).json["last_used_at"] != before) == changes, later_ms


def test_no_key_makes_one_that_may_do_more(api: Counter) -> None:
    writer = api.key(["write"])
    assert api.post("/keys", {"name": "x", "scopes": ["read", "write"]}, key=writer).code == "missing_scope"
    assert api.post("/keys", {"name": "x", "scopes": ["write"]}, key=writer).status == 201
    reader = api.key(["read"]).split("_")[1]
    assert api.post(f"/keys/{reader}/rotation", {}, key=writer).code == "missing_scope"
    assert api.delete(f"/keys/{reader}", key=writer).code == "missing_scope"


def test_who_guesses_is_held_up_and_his_neighbour_is_not(api: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.api import guard
    from clicktrail.control.api.ratelimit import Buckets

    monkeypatch.setattr(guard, "buckets", Buckets(lambda: 0.0))  # a slow machine would have guesses forgotten meanwhile
    good, address = api.key(), {"X_FORWARDED_FOR": "198.51.100.7"}
    assert api.get("/programs", key=good, **address).status == 200
    answers = [api.get("/programs", key="ct_guess", **address) for _ in range(25)]
    assert [answer.status for answer in answers] == [401] * 20 + [429] * 5
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[-1].queries == 0, "no look-up for who is held up"
    assert api.get("/programs", key=good, **address).status == 200
    assert api.get("/programs", key="ct_guess", X_FORWARDED_FOR="198.51.100.8").status == 401
    untried = api.key()
    assert api.get("/programs", key=untried, **address).status == 429, "not even a right guess is told"


def test_a_key_may_send_so_many_requests_and_then_waits(api: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings
    from django.test import override_settings
    from msgspec.structs import replace

    from clicktrail.control.api import guard
    from clicktrail.control.api.ratelimit import Buckets

    now_s = [0.0]
    monkeypatch.setattr(guard, "buckets", Buckets(lambda: now_s[0]))
    with override_settings(CLICKTRAIL=replace(settings.CLICKTRAIL, api_requests_per_minute=3)):
        key, other = api.key(), api.key()
        answers = [api.get("/programs", key=key) for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert answers[3].code == "too_many_requests"
        assert answers[3].headers["retry-after"] == "20"
        assert api.get("/programs", key=other).status == 200
        now_s[0] = 20.1
        assert api.get("/programs", key=key).status == 200


def test_the_console_makes_shows_once_rotates_and_revokes(api: Counter) -> None:
    office = api.office
    made = office.post("/api/apikey/add/", name="From the console", scopes=["read", "postback"], program="1")
    key = re.search(r"ct_[a-z0-9]{10}_[A-Za-z0-9_-]{43}", made.html)
    assert key and _status(api, key[0]) == 200
    from clicktrail.control.api.models import ApiKey

    row = ApiKey.objects.get(public_id=key[0].split("_")[1])
    assert (row.program_id, row.scopes, row.created_by) == (1, "read,postback", "mona")
    page = f"/api/apikey/{row.pk}/change/"
    assert key[0] not in office.get(page).html + office.get("/api/apikey/").html
    assert "From the console" in office.get("/api/apikey/").text
    rotated = re.search(r"ct_[a-z0-9]{10}_[A-Za-z0-9_-]{43}", office.post(page, rotate="1", overlap_hours="0").html)
    assert rotated and (_status(api, key[0]), _status(api, rotated[0])) == (401, 200)
    office.post(page, revoke="1")
    assert _status(api, rotated[0]) == 401


def test_the_terminal_makes_lists_rotates_and_revokes(api: Counter) -> None:
    from typer.testing import CliRunner

    from clicktrail.cli import app

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["keys", "api", *words, "--data", str(api.office.settings.data)])
        assert done.exit_code == 0, done.output
        return done.output.strip()

    key = run("create", "--name", "Terminal", "--scopes", "read,write", "--program", "1")
    public = key.split("_")[1]
    assert _status(api, key) == 200
    listed = run("list")
    assert f"ct_{public}" in listed
    assert key not in listed
    rotated = run("rotate", public, "--overlap-hours", "0")
    assert (_status(api, key), _status(api, rotated)) == (401, 200)
    run("revoke", f"ct_{public}")
    assert _status(api, rotated) == 401
    for wrong in (
        ["create", "--name", "x", "--scopes", "all"],
        ["create", "--name", "x", "--program", "99"],
        ["revoke", "q"],
    ):
        assert CliRunner().invoke(app, ["keys", "api", *wrong, "--data", str(api.office.settings.data)]).exit_code != 0
