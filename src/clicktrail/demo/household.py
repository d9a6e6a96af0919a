"""The demo's data folder: made at the first start, kept between runs, never a real installation's.

`demo.json` in it says that it belongs to the demo, and keeps the password and the ports,
so that links which somebody has open still work after a restart.
"""

import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from clicktrail import heartbeat
from clicktrail.errors import StartError
from clicktrail.settings import Settings, load

NOTE = "demo.json"
USER = "demo"
HOST = "127.0.0.1"
EDGE_PORT, CONSOLE_PORT, SHOP_PORT = 8400, 8401, 8402
"""Where they are free; else any that are."""


@dataclass(frozen=True, slots=True)
class Household:
    """What the demo keeps of itself."""

    password: str
    edge_port: int
    console_port: int
    shop_port: int
    has_past: bool = False
    """Whether the ledger was filled with a past; that happens once."""


def take(data: Path) -> Household:
    """What the folder keeps, or a new household. Raises StartError where the folder is not the demo's, or in use."""
    note = data / NOTE
    _refuse_running(data)
    if not note.exists() and data.exists() and any(data.iterdir()):
        raise StartError(f"{data} holds something else than a demo, which would change it: choose another --data.")
    household = _read(note)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    keep(data, household)
    return household


def settings_of(data: Path, edge_port: int, console_port: int, shop_port: int = SHOP_PORT) -> Settings:
    """Loopback only; variables of the surroundings stay outside, so that no real ledger is touched.

    Partners' servers are told of orders: they stand in the demo shop's process, so the courier may call that.
    """
    return load(
        data,
        environ={},
        edge=f"{HOST}:{edge_port}",
        console=f"{HOST}:{console_port}",
        courier_networks=(f"{HOST}/32",),
        postback_networks=(f"{HOST}/32",),
        courier_ports=("80", "443", str(shop_port)),
        workers=1,
        log_level="warning",
    )


def furnish(settings: Settings, password: str, shop_port: int) -> None:
    """Keys, ledger, the demo's account and catalog; doing it again changes only what differs."""
    from clicktrail.commands.init import lay_ground

    lay_ground(settings)
    from django.db import connections

    from clicktrail.control.accounts.models import Account, Role
    from clicktrail.control.catalog.apply import apply
    from clicktrail.control.catalog.publish import publish

    account, _ = Account.objects.get_or_create(username=USER, defaults={"is_staff": True, "is_superuser": True})
    account.role = Role.OWNER
    account.set_password(password)
    account.save()
    apply(catalog(shop_port), "the demo's catalog")
    publish(settings)
    connections.close_all()


def catalog(shop_port: int) -> str:
    """The demo's set-up file, its links leading to this shop."""
    text = files("clicktrail.demo").joinpath("catalog.toml").read_text("utf-8")
    return text.replace("SHOP", f"{HOST}:{shop_port}")


def _refuse_running(data: Path) -> None:
    """A second demo would lead the first one's links to its own shop."""
    seen = heartbeat.read(data / "run", "supervisor")
    if seen and heartbeat.is_alive(seen["pid"]):
        raise StartError(f"The demo runs already (process {seen['pid']}) on {data}: stop it, or choose another --data.")


def _read(note: Path) -> Household:
    try:
        return Household(**json.loads(note.read_text()))
    except (OSError, ValueError, TypeError):
        return Household(secrets.token_urlsafe(9), EDGE_PORT, CONSOLE_PORT, SHOP_PORT)


def keep(data: Path, household: Household) -> None:
    """Write it down for the next start; the password makes the file private."""
    draft = data / f".{NOTE}.new"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(asdict(household), out)
    draft.rename(data / NOTE)


def hold(port: int) -> socket.socket:
    """The port where it is free, else any that is; nobody else gets it while the socket is open."""
    try:
        return socket.create_server((HOST, port))
    except OSError:
        return socket.create_server((HOST, 0))


def port_of(held: socket.socket) -> int:
    return int(held.getsockname()[1])
