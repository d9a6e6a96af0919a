"""What a shop builds in: the call of its server (S2S) and the address of its pixel.

Written as a shop would, with nothing of Clicktrail but its public contract.
"""

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlencode

from clicktrail.demo.goods import money
from clicktrail.demo.visits import Told

TIMEOUT_S = 5
TRIES = 3
PAUSE_S = 0.5
"""Before another try, where the tracker could not take the call (503) or was out of reach."""
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Straight to the tracker on this machine, whatever proxy the surroundings name."""
OUT_OF_REACH = Told(0, "", "The tracking server is out of reach; a real shop tries again later.", None, "")


@dataclass(frozen=True, slots=True)
class Tracker:
    edge: str
    """Address of the tracking server, like http://127.0.0.1:8400."""
    program: int = 1

    def pixel(self, tid: str, product: str, net_cents: int, clickid: str) -> str:
        """Address of the image for the confirmation page."""
        return f"{self.edge}/get_trans.cgi?{urlencode(self._facts(tid, product, net_cents, clickid))}"

    def report(self, tid: str, product: str, net_cents: int, clickid: str) -> Told:
        """Tell the tracker of an order; the verdict comes back. The order stands, whatever it is."""
        body = urlencode({**self._facts(tid, product, net_cents, clickid), "format": "json"}).encode()
        for attempt in range(TRIES):
            if attempt:
                time.sleep(PAUSE_S)
            told = _post(f"{self.edge}/get_trans.cgi", body)
            if told is not None:
                return told
        return OUT_OF_REACH

    def _facts(self, tid: str, product: str, net_cents: int, clickid: str) -> dict[str, str]:
        return {
            "cpid": str(self.program),
            "tid": tid,
            "produkt": product,
            "umsatz": money(net_cents),
            "clickid": clickid,
        }


def _post(url: str, body: bytes) -> Told | None:
    """One try; None where another one makes sense."""
    try:
        with _OPENER.open(url, body, TIMEOUT_S) as answer:
            return _told(answer.status, answer.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return None if refusal.code == 503 else _told(refusal.code, refusal.read())
    except OSError:
        return None


def _told(status: int, body: bytes) -> Told:
    try:
        said = json.loads(body)
        return Told(status, said["reason"], said["message"], said["transaction"], said["call"])
    except (ValueError, KeyError, TypeError):
        return Told(status, "", f"The tracking server answered {status} and no verdict.", None, "")
