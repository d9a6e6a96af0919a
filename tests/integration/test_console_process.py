"""The console as a process: what it costs, what it serves, whom it answers, how it ends."""

import http.client
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.observe import until
from support.server import Answer, Server, fetch, is_alive

MOST_MEGABYTES = 200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("console") / "data", public_url="https://track.example")
    try:
        yield made.start()
    finally:
        made.stop()
        made.close()


def get(server: Server, path: str, **headers: str) -> Answer:
    return fetch("GET", server.console_url + path, headers=headers)


def megabytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) // 1024  # type: ignore[union-attr]


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_the_sign_in_page_and_its_styles_are_served(server: Server) -> None:
    page = get(server, "/login/")
    assert page.status == 200
    sheets = re.findall(rb'href="(/static/[^"]+\.css)"', page.body)
    assert sheets == [b"/static/console/entrance.css"]
    for sheet in (*sheets, b"/static/console/console.css", b"/static/unfold/css/styles.css"):
        answer = get(server, sheet.decode())
        assert answer.status == 200 and answer.headers["content-type"].startswith("text/css")


def test_only_known_hosts_are_answered(server: Server) -> None:
    assert get(server, "/login/", Host="track.example").status == 200
    stranger = get(server, "/login/", Host="evil.example")
    assert stranger.status == 400 and b"CLICKTRAIL_PUBLIC_URL" in stranger.body


def test_cookies_are_for_https_where_the_public_address_is(server: Server) -> None:
    cookie = get(server, "/login/", Host="track.example", **{"X-Forwarded-Proto": "https"}).headers["set-cookie"]
    assert "Secure" in cookie and "SameSite=Lax" in cookie


def test_a_form_without_its_token_is_refused(server: Server) -> None:
    body = b"username=manager&password=x"
    answer = fetch("POST", server.console_url + "/login/", body, {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 403 and b"load the page anew" in answer.body


def test_pages_are_not_framed_nor_sniffed(server: Server) -> None:
    headers = get(server, "/login/").headers
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_many_pages_cost_little_memory_and_no_second_process(server: Server) -> None:
    pid = server.pid("control")
    for _ in range(100):
        get(server, "/login/")
    assert megabytes(pid) < MOST_MEGABYTES
    assert children(pid) == []


def test_the_log_holds_no_password(server: Server) -> None:
    connection = http.client.HTTPConnection(server.settings["console"])
    connection.request("GET", "/login/?password=hunter2")
    connection.getresponse().read()
    get(server, "/no/such/page?password=hunter2")
    assert "hunter2" not in server.words()
    assert server.password not in server.words()


def test_it_outlives_neither_supervisor_nor_patience(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.start()
    pid = server.pid("control")
    server.kill()
    until(lambda: not is_alive(pid), 20, "the console has ended with its supervisor")
    server.close()


def test_an_edit_elsewhere_is_published_by_the_running_console(server: Server) -> None:
    setup = server.data / "setup.toml"
    setup.write_text('[[partner]]\nid = 7\nname = "Anna"\n')
    assert "added partner 7" in server.run("catalog", "apply", str(setup))
    assert 'name = "Anna"' in server.run("catalog", "show")


def test_the_operator_helps_who_lost_a_password_or_a_telephone(server: Server) -> None:
    said = server.run("account", "password", server.user)
    assert said.startswith(f"{server.user} signs in with the password ") and server.password not in said
    assert "had no second factor" in server.run("account", "reset-second-factor", server.user)
    stranger = server.ended("account", "password", "nobody")
    assert stranger.returncode == 2 and f"there are: {server.user}." in stranger.stderr
