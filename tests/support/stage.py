"""A server, a browser and somebody of the house beside them: one for all journeys of a module.

    def test_something(stage: Stage) -> None:
        shop = stage.shop()             # a program, a link and a partner that no other test knows
        shop.order("A-1")               # a click on that link, and its order: saved
        stage.enter("manager")          # signed in, as an account of its own
        stage.go(f"/ledger/transaction/?program={shop.number}")

Tests share nothing but the processes: any of them runs alone and after any other. `stage` of tests/browser/conftest.py
makes the browser new before each of them: no cookies, one empty window of the usual size.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.db import connections
from selenium.webdriver import Chrome
from support.chromium import browser, complaints
from support.listener import Listener, listening
from support.observe import until
from support.page import PATIENCE_S
from support.server import Server
from support.shops import known

from clicktrail.settings import Settings

WIDTH, HEIGHT = 1440, 1200
TESTER = 2
"""The partner whose transactions are tests."""
AT_ONCE = 12
"""Shops that are made in one go: the workers learn of them at their start."""
SHOP = """
[[program]]
id = {number}
name = "Shop {number}"
currency = "EUR"
time_zone = "UTC"
default_product = "Sale"
deeplink_hosts = ["shop.example"]
[[program.product]]
name = "Sale"
percent = "10"
[[program.target]]
alias = "default"
url = "{target}"
[[program.creative]]
id = {number}
name = "Link {number}"
target = "default"
[[partner]]
id = {partner}
name = "{name}"
[[partner.approval]]
program = {number}
products = ["*"]
"""
TARGET = "https://shop.example/?qc_clickid=<% CLICKID %>"
BARE = "return document.documentElement.scrollWidth - window.innerWidth"


@dataclass(frozen=True)
class Shop:
    """A program with one product, one creative of the same number, and one partner who earns."""

    stage: "Stage"
    number: int

    @property
    def name(self) -> str:
        return f"Shop {self.number}"

    @property
    def partner(self) -> int:
        return 1000 + self.number

    @property
    def partner_name(self) -> str:
        return f"Partner of shop {self.number}"

    def link(self, **more: str) -> str:
        return "/go.cgi?" + urlencode({"cpid": str(self.number), "wmid": str(self.number), "pid": self.partner, **more})

    def click(self, **more: str) -> str:
        """The ClickID."""
        return str(self.stage.server.get(self.link(format="json", **more)).json()["clickid"])

    def call(self, **params: str) -> dict[str, Any]:
        told = {"cpid": str(self.number), "format": "json", **params}
        return dict(self.stage.server.get("/get_trans.cgi?" + urlencode(told)).json())

    def order(self, tid: str, amount: str = "95.50", subid: str = "") -> int:
        """The transaction's number."""
        clickid = self.click(**({"subid": subid} if subid else {}))
        verdict = until(lambda: self._saved(tid, amount, clickid), PATIENCE_S, f"order {tid} is saved")
        return int(verdict["transaction"])

    def _saved(self, tid: str, amount: str, clickid: str) -> dict[str, Any] | None:
        """A call may have to wait for its click; said twice it is counted once."""
        verdict = self.call(tid=tid, umsatz=amount, clickid=clickid)
        return verdict if verdict["transaction"] else None

    def states(self) -> dict[str, str]:
        """Order number -> state."""
        from clicktrail.control.ledger.models import Transaction

        self.stage.boot()
        return dict(Transaction.objects.filter(program_id=self.number).values_list("tid", "state"))

    def earned(self) -> dict[str, int]:
        """Order number -> cents of commission."""
        from clicktrail.control.ledger.models import Transaction

        self.stage.boot()
        return dict(Transaction.objects.filter(program_id=self.number).values_list("tid", "commission_minor"))


@dataclass
class Stage:
    server: Server
    driver: Chrome
    listener: Listener
    """A partner's or a shop's own server, on loopback; where the couriers may go."""
    made: int = 0
    free: list[int] = field(default_factory=list)
    accounts: int = 0

    # The browser

    def go(self, path: str) -> None:
        self.driver.get(self.server.console_url + path)

    @property
    def path(self) -> str:
        return urlsplit(self.driver.current_url).path

    def arrives(self, path: str) -> None:
        until(lambda: self.path == path, PATIENCE_S, f"the page {path}")

    def runs(self, script: str, *values: object) -> Any:
        return self.driver.execute_script(script, *values)

    def too_wide(self) -> int:
        return int(self.runs(BARE))

    def complaints(self) -> list[str]:
        return complaints(self.driver)

    def as_new(self) -> None:
        """Of what a test before left nothing is there."""
        driver = self.driver
        for window in driver.window_handles[1:]:
            driver.switch_to.window(window)
            driver.close()
        driver.switch_to.window(driver.window_handles[0])
        driver.get("about:blank")
        driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        origin = {"origin": self.server.console_url, "storageTypes": "local_storage"}
        driver.execute_cdp_cmd("Storage.clearDataForOrigin", origin)
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        complaints(driver)
        self.listener.got.clear()
        self.listener.answer = Listener.answer

    def narrow(self, width: int = 390) -> None:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    # Accounts

    def account(self, role: str, **more: Any) -> Any:
        """One that nobody has signed in with; without `password` nobody can, but by `enter`."""
        self.boot()
        from clicktrail.control.accounts.models import Account

        self.accounts += 1
        name = f"{role}{self.accounts}"
        kind = {"is_staff": role != "partner", "is_superuser": role == "owner", "role": role}
        return Account.objects.create_user(name, f"{name}@x.example", **(kind | more))

    def enter(self, role: str = "manager", **more: Any) -> Any:
        """Signed in as a new account, as if its password had just been typed; the account."""
        account = self.account(role, **more)
        self.enter_as(account)
        return account

    def enter_as(self, account: Any) -> None:
        self.boot()
        from django.conf import settings
        from django.test import Client
        from support.office import _just_typed_the_password as just_typed_the_password

        client = Client(SERVER_NAME="localhost")
        client.force_login(account)
        just_typed_the_password(client, account)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": self.server.console_url}
        self.driver.execute_cdp_cmd("Network.setCookie", cookie)

    # Beside the server

    def boot(self) -> None:
        """Django of this process works on the server's data folder."""
        from clicktrail.control.boot import boot

        boot(Settings(data=self.server.data), "console")

    def shop(self, target: str = TARGET) -> Shop:
        """One that no test has had; the workers know it."""
        if not self.free:
            self.make_shops()
        made = Shop(self, self.free.pop(0))
        if target != TARGET:
            self.apply(self._written(made, target))
        return made

    def make_shops(self) -> None:
        fresh = [Shop(self, 10 + self.made + n) for n in range(AT_ONCE)]
        self.made += AT_ONCE
        self.apply("".join(self._written(shop, TARGET) for shop in fresh))
        self.free += [shop.number for shop in fresh]

    @staticmethod
    def _written(shop: Shop, target: str) -> str:
        return SHOP.format(number=shop.number, partner=shop.partner, name=shop.partner_name, target=target)

    def apply(self, setup: str) -> None:
        self.boot()
        from clicktrail.control.catalog.apply import apply

        apply(setup, "setup.toml")
        known(self.server)


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    with listening() as listener:
        couriers = {
            "courier_networks": "127.0.0.0/8",
            "postback_networks": "127.0.0.0/8",
            "courier_ports": f"80,443,{listener.port}",
        }
        server = Server(folder / "data", **couriers)
        try:
            server.lay()
            with browser(folder / "profile", width=WIDTH, height=HEIGHT) as driver:
                stage = Stage(server, driver, listener)
                stage.make_shops()
                server.start()
                yield stage
        finally:
            connections.close_all()
            server.stop()
            server.close()
