"""Pages that no table of addresses leads to: errors, stories for who has a link, doors and waiting rooms. In either
theme nobody is kept from reading them, nothing sticks out, and nothing is loaded from elsewhere."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from support.axe import faint, violations
from support.chromium import browser, complaints
from support.observe import until
from support.office import MANAGER, Office, office
from support.page import PATIENCE_S
from support.stranger import Stranger, account, quick_passwords, switch_on

pytestmark = pytest.mark.needs("chromium", "chromedriver")

NARROW = 360
APPLIED = {
    "name": "Ben's blog", "email": "ben@blog.example", "website": "blog.example", "traffic": "A blog about beds",
    "password": "correct horse battery", "accepted": "on",
}  # fmt: skip


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Stage:
    """Answers that were made beforehand, under addresses of a real server that has the files beside them."""

    answers: dict[str, Any] = field(default_factory=dict)
    url: str = ""

    def keep(self, name: str, answer: Any, status: int = 200) -> None:
        assert answer.status_code == status, (name, answer.status_code, answer.content[:2000])
        self.answers[f"/kept/{name}"] = answer

    def app(self, files: Any) -> Callable[[Any, Any], Any]:
        def answer(environ: Any, start: Any) -> Any:
            kept = self.answers.get(environ["PATH_INFO"])
            if kept is None:
                return files(environ, start)
            start("200 OK", [(name, value) for name, value in kept.items() if name != "Content-Length"])
            return [kept.content]

        return answer


@contextmanager
def _standing(stage: Stage) -> Iterator[None]:
    from django.core.wsgi import get_wsgi_application

    server = make_server("127.0.0.1", 0, stage.app(get_wsgi_application()), _Threads, _Quiet)
    stage.url = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage()
    with office(tmp_path_factory.mktemp("open-pages") / "data") as desk, quick_passwords():
        _errors(made)
        _stories(made, desk)
        _doors(made, desk)
        _waiting_rooms(made, desk)
        with _standing(made):
            yield made


def _errors(stage: Stage) -> None:
    from django.core.exceptions import PermissionDenied
    from django.test import Client, RequestFactory
    from django.views import defaults

    request = RequestFactory().get("/nothing/")
    stage.keep("400", Client(SERVER_NAME="evil.example").get("/login/"), 400)
    stage.keep("403", defaults.permission_denied(request, PermissionDenied()), 403)
    stage.keep("403-form", Client(SERVER_NAME="localhost", enforce_csrf_checks=True).post("/login/"), 403)
    stage.keep("404", Client(SERVER_NAME="localhost").get("/partner/terms/999/"), 404)
    stage.keep("500", defaults.server_error(request), 500)


def _stories(stage: Stage, desk: Office) -> None:
    from django.test import Client

    from clicktrail.control.secondlooks import share

    desk.orders("A-1", umsatz="95.50")
    client = Client(SERVER_NAME="localhost")
    for name, partner in (("story-of-a-shop", None), ("story-of-a-partner", 7)):
        _row, token = share.make(share.Wanted("A-1", partner=partner), MANAGER, desk.settings)
        stage.keep(name, client.get(f"/share/{token}"))
    stage.keep("story-that-ended", client.get("/share/1-" + "x" * 43), 404)


def _doors(stage: Stage, desk: Office) -> None:
    import re

    account("lena")
    lena, again = Stranger(), Stranger()
    lena.sign_in("lena")
    switch_on(lena)
    again.sign_in("lena")
    stage.keep("second-step", again.client.get("/login/second-step/"))
    stage.keep("second-step-refused", again.client.post("/login/second-step/", {"code": "000000"}))
    stage.keep("sign-in-refused", Stranger("198.51.100.9").client.post("/login/", {"username": "x", "password": "y"}))
    page = desk.post("/accounts/account/add/", username="max", role="manager", way="link")
    [link] = set(re.findall(r"/welcome/[\w-]+/", page.html))
    stage.keep("welcome", Stranger().client.get(link))
    stage.keep("welcome-refused", Stranger().client.post(link, {"password": "a", "again": "b"}))
    stage.keep("welcome-gone", Stranger().client.get("/welcome/nobody/"), 404)


def _waiting_rooms(stage: Stage, desk: Office) -> None:
    from clicktrail.control.accounts.models import Account
    from clicktrail.control.catalog.models import Partner, PartnerState

    ben = Stranger("198.51.100.8")
    stage.keep("join-closed", ben.client.get("/partner/join/"))
    desk.post("/portal/terms/add/", text="Be honest.")
    stage.keep("join-refused", ben.client.post("/partner/join/", {**APPLIED, "email": "x", "password": "short"}))
    ben.post("/partner/join/", **APPLIED)
    ben.sign_in("ben@blog.example", APPLIED["password"])
    stage.keep("waiting", ben.client.get("/partner/"))
    Account.objects.filter(username="ben@blog.example").update(partner_id=7)
    stage.keep("nothing-yet", ben.client.get("/partner/links/?q=nothing"))
    Partner.objects.filter(pk=7).update(state=PartnerState.BLOCKED)
    stage.keep("blocked", ben.client.get("/partner/"))
    Partner.objects.filter(pk=7).update(state=PartnerState.ACTIVE)
    session = desk.client.session
    session["as_partner"] = 7
    session.save()
    stage.keep("only-reading", desk.client.post("/partner/postbacks/new/"), 403)
    stage.keep("as-a-partner", desk.client.get("/partner/transactions/"))


def test_everybody_can_read_them(stage: Stage, tmp_path: Path) -> None:
    faults = []
    with browser(tmp_path / "profile") as driver:
        driver.set_script_timeout(60)
        for path in [*stage.answers, "/api/v1/docs"]:
            _theme(driver, "light")
            driver.get(stage.url + path)
            if path.startswith("/api"):
                until(lambda: driver.find_elements(By.CSS_SELECTOR, ".opblock"), PATIENCE_S, "the routes")
            found = violations(driver)
            _theme(driver, "dark")
            found += [f"dark {fault}" for fault in faint(driver)]
            over = _over(driver)
            found += [f"sticks out by {over} px"] if over > 0 else []
            found += complaints(driver)
            faults += [f"{path} {fault}" for fault in found]
    assert not faults, "\n".join(faults)


def _theme(driver: Chrome, name: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": name}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def _over(driver: Chrome) -> int:
    screen = {"width": NARROW, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    try:
        return int(driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth"))
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
