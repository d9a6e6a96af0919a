"""The receivers' kits, run by their own languages, hold the very bytes that the courier sends; a changed one fails."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from clicktrail.control.outbox.secrets import shown
from clicktrail.core.delivery import read_address
from clicktrail.core.receivers import facts
from clicktrail.courier.render import Due, Request, Target, request_of

KITS = Path(__file__).parents[2] / "kits"
NOW_MS = 1_763_821_596_123
OLD, NEW = bytes(range(32)), bytes(range(32, 64))
TOLD = facts(
    {"trigger": "saved", "at_ms": NOW_MS, "number": 17, "status": "open", "tid": "A&1=ö/\u2028", "cpid": 1, "pid": 7,
     "subid": "a b+c%20<>\"'", "commission_minor": 955, "decimals": 2, "currency": "EUR", "call": 5}
)  # fmt: skip
ADDRESS = "https://p.example/x?a=1+2&t=<% TID %>&s={subid}&c={commission}"

PHP = """<?php require $argv[1]; $c = json_decode(stream_get_contents(STDIN), true);
foreach ($c['postbacks'] as $p) { $out[] = clicktrail_postback_is_genuine($p[0], $c['hex'], $p[1]); }
foreach ($c['webhooks'] as $w) { $out[] = clicktrail_webhook_is_genuine($w[0], $w[1], $w[2], $w[3]); }
echo json_encode($out);"""
NODE = """const k = require(process.argv[2]); const c = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify([...c.postbacks.map(p => k.postbackIsGenuine(p[0], c.hex, p[1])),
  ...c.webhooks.map(w => k.webhookIsGenuine(Buffer.from(w[0]), w[1], w[2], w[3]))]));"""
PYTHON = """import importlib.util, json, sys
s = importlib.util.spec_from_file_location("receive", sys.argv[1]); k = importlib.util.module_from_spec(s)
s.loader.exec_module(k); c = json.load(sys.stdin); hexes = {int(n): h for n, h in c["hex"].items()}
print(json.dumps([*(k.postback_is_genuine(q, hexes, t) for q, t in c["postbacks"]),
  *(k.webhook_is_genuine(b.encode(), h, s, t) for b, h, s, t in c["webhooks"])]))"""


@dataclass(frozen=True)
class Kit:
    file: str
    start: tuple[str, ...]
    script: str
    suffix: str


LANGUAGES = [
    pytest.param(Kit("php/receive.php", ("php",), PHP, ".php"), marks=pytest.mark.needs("php"), id="php"),
    pytest.param(Kit("python/receive.py", (sys.executable,), PYTHON, ".py"), id="python"),
    pytest.param(Kit("node/receive.js", ("node",), NODE, ".js"), marks=pytest.mark.needs("node"), id="node"),
]


def _sent(kind: str, key_numbers: tuple[int, ...], method: str = "GET") -> Request:
    secrets = tuple((number, {1: OLD, 2: NEW}[number]) for number in key_numbers)
    target = Target(3, kind, read_address(ADDRESS), "p.example", method, False, secrets)
    return request_of(target, Due(9, 3, "t17.0", 5, TOLD, 0, 0), NOW_MS)


def _postbacks() -> list[tuple[tuple[str, int], bool]]:
    old, new = (_sent("postback", (number,)).url.partition("?")[2] for number in (1, 2))
    return [
        ((old, NOW_MS), True),
        ((new, NOW_MS + 200_000), True),
        ((old, NOW_MS + 400_000), False),
        ((old.replace("c=9.55", "c=99.55"), NOW_MS), False),
        ((old.replace("ct_key=1", "ct_key=2"), NOW_MS), False),
        ((old.replace("ct_key=1", "ct_key=3"), NOW_MS), False),
        ((old.replace("a=1+2&", ""), NOW_MS), False),
        ((old + "&x=1", NOW_MS), False),
        ((old[:-1], NOW_MS), False),
        ((old.partition("&ct_sig=")[0], NOW_MS), False),
        (("", NOW_MS), False),
    ]


def _webhooks() -> list[tuple[tuple[str, dict[str, str], str, int], bool]]:
    request = _sent("webhook", (2, 1))
    assert request.body is not None
    body, headers, now_s = request.body.decode(), dict(request.headers), NOW_MS // 1000
    old, new = (shown("webhook", secret) for secret in (OLD, NEW))
    return [
        ((body, headers, new, now_s), True),
        ((body, headers, old, now_s), True),
        ((body + " ", headers, new, now_s), False),
        ((body, headers | {"webhook-id": "ct-3-t18-0-5"}, new, now_s), False),
        ((body, headers, new, now_s + 400), False),
        ((body, headers | {"webhook-timestamp": str(now_s + 1)}, new, now_s), False),
        ((body, headers, shown("webhook", bytes(32)), now_s), False),
        ((body, headers | {"webhook-signature": "v1,"}, new, now_s), False),
        ((body, {}, new, now_s), False),
    ]


@pytest.mark.parametrize("kit", LANGUAGES)
def test_exactly_the_same_bytes(kit: Kit, tmp_path: Path) -> None:
    postbacks, webhooks = _postbacks(), _webhooks()
    script = tmp_path / f"check{kit.suffix}"
    script.write_text(kit.script)
    cases = {
        "hex": {"1": shown("postback", OLD), "2": shown("postback", NEW)},
        "postbacks": [case for case, _ in postbacks],
        "webhooks": [case for case, _ in webhooks],
    }
    done = subprocess.run(
        [*kit.start, str(script), str(KITS / kit.file)],
        input=json.dumps(cases), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [wanted for _, wanted in postbacks + webhooks]


def test_a_post_carries_its_query_a_second_time() -> None:
    request = _sent("postback", (1,), "POST")
    assert request.body == request.url.partition("?")[2].encode()
    assert request.headers["Clicktrail-Delivery"] == "ct-3-t17-0-5"
