"""`clicktrail demo`: server, console and shop together, until Ctrl-C or until the check is over."""

import http.client
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from clicktrail.demo import household
from clicktrail.demo.links import links
from clicktrail.demo.shop import Shop
from clicktrail.demo.tracking import Tracker

READY_WITHIN_S = 90
WAIT_WITHIN_S = 20
LOOK_AGAIN_S = 0.2

Say = Callable[[str], None]


class Demo:
    """`run` returns the exit code: of the check, else of the server."""

    def __init__(self, data: Path, say: Say, *, check: bool, past: bool = False) -> None:
        """past: an empty ledger gets ninety days of history. Raises StartError where the folder is not the demo's,
        or in use."""
        self.data, self.say, self.check, self.past = data, say, check, past
        self.household = household.take(data)
        wished = replace(self.household, edge_port=0, console_port=0, shop_port=0) if check else self.household
        self._held = [household.hold(wished.edge_port), household.hold(wished.console_port)]
        shop = household.hold(wished.shop_port)
        self.settings = household.settings_of(data, *map(household.port_of, [*self._held, shop]))
        self.shop = Shop(Tracker(f"http://{self.settings.edge}"), shop)
        self._ended = threading.Event()
        self._exit_code = 1

    def run(self) -> int:
        from clicktrail import log

        log.configure(self.settings.log_level, "demo")
        household.furnish(self.settings, self.household.password, self.shop.port)
        if not self.check:
            self._remember_ports()
        if self.past and not self.household.has_past:
            self._fill()
        self.shop.start()
        guide = threading.Thread(target=self._guide, name="guide", daemon=True)
        guide.start()
        try:
            code = self._supervise()
        finally:
            self._ended.set()
            self.shop.stop()
        guide.join(WAIT_WITHIN_S)
        return self._exit_code if self.check else code

    def _supervise(self) -> int:
        """The ports are let go only now, so that no other program took them while the ledger was made."""
        from clicktrail.supervise import Supervisor

        supervisor = Supervisor(self.settings)
        for held in self._held:
            held.close()
        return supervisor.run()

    def _remember_ports(self) -> None:
        edge, console = map(household.port_of, self._held)
        kept = replace(self.household, edge_port=edge, console_port=console, shop_port=self.shop.port)
        household.keep(self.data, kept)

    def _fill(self) -> None:
        """Noted down before it begins: a past that was cut short is not made a second time."""
        from clicktrail.demo.past.fill import fill

        self.say("Making ninety days of history, once; this takes some seconds ...")
        kept = household.take(self.data)
        household.keep(self.data, replace(kept, has_past=True))
        fill(self.settings, f"{household.HOST}:{self.shop.port}")

    def _guide(self) -> None:
        """Beside the supervisor: once all is up, show the links and stay, or walk the steps and stop."""
        stays = False
        try:
            if self._wait(self._is_up, READY_WITHIN_S):
                stays = self._show()
            elif not self._ended.is_set():
                self.say(f"The server was not ready within {READY_WITHIN_S} s.")
        finally:
            if not stays and not self._ended.is_set():
                os.kill(os.getpid(), signal.SIGTERM)

    def _show(self) -> bool:
        """Whether the demo goes on afterwards."""
        if self.check:
            self._exit_code = self._walk()
        else:
            self.say(self._welcome())
        return not self.check

    def _walk(self) -> int:
        from clicktrail.demo.walk import Walk
        from clicktrail.ledgerbooks import LedgerBooks
        from clicktrail.steps import all_passed, report

        steps = Walk(f"http://{self.settings.edge}", self.shop.url, LedgerBooks(self.settings), self._wait).steps()
        self.say(report(steps))
        return 0 if all_passed(steps) else 1

    def _is_up(self) -> bool:
        return _status(self.settings.edge, "/healthz") == 200 and _status(self.settings.console, "/") > 0

    def _wait(self, condition: Callable[[], bool], within_s: float = WAIT_WITHIN_S) -> bool:
        """Until it is true, the time is over, or the server has ended."""
        deadline_s = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline_s or self._ended.wait(LOOK_AGAIN_S):
                return False
        return True

    def _welcome(self) -> str:
        edge = f"http://{self.settings.edge}"
        lines = ["", "The demo runs, on this machine only. Click a partner's link and order something:", ""]
        for link in links(self.shop.url):
            lines += [f"  {link.name} (partner {link.partner}): {link.outcome}", f"    {link.url(edge)}", ""]
        return "\n".join([
            *lines,
            f"The same links as a page:  {self.shop.url}/partners",
            f"The shop:                  {self.shop.url}/",
            f"The console:               http://{self.settings.console}/   user {household.USER}   "
            f"password {self.household.password}",
            "                           Transactions -> Edit, and Transactions -> Log",
            f"The story of an order:     clicktrail trace ORDER-NUMBER --data {self.data}",
            "",
            "Ctrl-C stops it. The data stay for the next time; to begin anew, delete the folder",
            f"  {self.data.resolve()}",
        ])  # fmt: skip


def _status(address: str, path: str) -> int:
    """HTTP status; 0 where nobody answers yet."""
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
