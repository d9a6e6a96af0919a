"""Settings: read once at start into one frozen value.

Later ones win: defaults, `clicktrail.toml` in the data folder, `CLICKTRAIL_...`
variables, options of the command line. Names carry their unit.
"""

import ast
import functools
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from clicktrail.core.text import decode_file
from clicktrail.errors import SettingsError

Node = Annotated[int, msgspec.Meta(ge=0, le=1023)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Natural = Annotated[int, msgspec.Meta(ge=0)]
Prefix = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")]
Privacy = Annotated[str, msgspec.Meta(pattern="^(keep|truncate|hash|drop)$")]

LOOPBACK = ("127.0.0.0/8", "::1/128")
FILE = "clicktrail.toml"
NETWORKS = ("trusted_proxies", "client_ip_networks", "status_networks", "courier_networks", "postback_networks")
LISTS = (*NETWORKS, "mail_to", "courier_ports")
"""Settings that are lists; separated by commas outside the file."""
LONGEST_SOCKET_BYTES = 107
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
"""Plain addresses only: what could begin another header line or another recipient is none."""
CONTROL_NODE = 1000
"""Journal node of the console and the API: calls that people and programs hand in there."""
IMPORT_NODE = 1001
"""Journal node of `clicktrail import`: what is taken over from another system."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    data: Path
    """Data folder: keys, journals, catalog, ledger."""
    edge: str = "127.0.0.1:8400"
    """Address of the edge, HOST:PORT."""
    console: str = "127.0.0.1:8401"
    """Address of the console, HOST:PORT."""
    workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    """Edge workers; each has its own journal."""
    node: Node = 1
    """Node number of the first edge worker; the others count on from it. 1000 and 1001 are the house's own."""
    public_url: str = ""
    """Where the world sees this server, e.g. https://track.example.com: allowed host and CSRF origin."""
    database: str = ""
    """postgresql://USER:PASSWORD@HOST:PORT/NAME; empty: SQLite in the data folder."""
    prefix: Prefix = "QC"
    """Two capital letters in front of every ClickID."""
    trusted_proxies: tuple[str, ...] = LOOPBACK
    """Networks whose X-Forwarded-For is believed."""
    client_ip_header: str = ""
    """Header in which a CDN names the client's address, e.g. CF-Connecting-IP; empty: X-Forwarded-For alone."""
    client_ip_networks: tuple[str, ...] = ()
    """Networks of the CDN, from which client_ip_header is believed; empty: from nowhere."""
    status_networks: tuple[str, ...] = LOOPBACK
    """Networks that may read /metrics and the reasons in /healthz."""
    ip_privacy: Privacy = "truncate"
    """What is stored of a client address: keep, truncate (/24, /48), hash (keyed), drop."""
    user_agent_days: Natural = 90
    """Days until the user agent is cut; 0 keeps it."""
    referrer_days: Natural = 90
    """Days until the full referrer is cut to its host; 0 keeps it."""
    extra_days: Natural = 90
    """Days until unknown parameters are cut; 0 keeps them."""
    courier_networks: tuple[str, ...] = ()
    """Networks that webhooks may lead into although they are not public, e.g. 10.1.0.0/16."""
    postback_networks: tuple[str, ...] = ()
    """The same for partners' postbacks, for trials: whatever is listed here, every partner can have called."""
    courier_ports: tuple[str, ...] = ("80", "443")
    """Ports that the courier calls."""
    delivery_days: Natural = 90
    """Days until a delivery that is done is deleted with its log; 0 keeps it."""
    order_list_days: Natural = 7
    """Days until an uploaded order list is deleted, as the file it was; 0 keeps it."""
    reconcile_days: Natural = 90
    """Days until the lines of a reconciled order list are deleted; its sums stay. 0 keeps them."""
    journal_retention_days: Positive = 7
    """Days that a journal file the ledger has is kept for replay."""
    journal_max_bytes: Positive = 256 * 1024 * 1024
    """A journal file of this size is sealed and the next one begun."""
    journal_max_age_s: Positive = 24 * 3600
    """A journal file of this age is sealed and the next one begun."""
    batch_max_events: Positive = 2000
    """Events in one group commit of the journal, and at once in the queue before it: see queue."""
    queue_max_events: Positive = 20_000
    """Events waiting for the journal in one worker; above it clicks count as lost, postbacks get 503."""
    sync_patience_ms: Positive = 1000
    """A click whose sync takes longer is sent on and stays queued."""
    verdict_patience_ms: Positive = 2000
    """A JSON postback not judged by then is answered 202."""
    unproven_verdicts_per_hour: Natural = 120
    """Verdicts about earlier orders that one network is told in an hour without proof; 0 leaves them uncounted."""
    idle_timeout_s: Positive = 60
    """A connection without a request is closed."""
    header_timeout_s: Positive = 10
    """A request whose head or body is not complete by then is cut off."""
    drain_timeout_s: Positive = 10
    """How long SIGTERM waits for what is in hand."""
    max_connections: Positive = 10_000
    """Connections a worker holds; above it the oldest idle one is closed."""
    max_request_line_bytes: Positive = 16 * 1024
    """A longer first line of a request is answered 414."""
    max_header_bytes: Positive = 32 * 1024
    """A longer head of a request is answered 431."""
    max_body_bytes: Positive = 64 * 1024
    """A longer body is answered 413."""
    console_threads: Positive = 4
    """Threads of the console's process."""
    api_requests_per_minute: Natural = 600
    """Requests a minute that one API key may send; 0 leaves them uncounted."""
    idempotency_hours: Positive = 24
    """Hours that the answer to a write with an Idempotency-Key is kept for its repeat."""
    smtp_host: str = ""
    """Mail server that takes the alarms; empty: no mail is sent."""
    smtp_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    """Port of the mail server: 587 with starttls, 465 with tls as a rule."""
    smtp_security: Annotated[str, msgspec.Meta(pattern="^(starttls|tls|none)$")] = "starttls"
    """How the way to the mail server is protected: starttls, tls, none."""
    smtp_user: str = ""
    """User name at the mail server; empty: no sign-in."""
    smtp_password: str = ""
    """Password at the mail server; never shown and never logged."""
    smtp_timeout_s: Positive = 20
    """A mail server that does not answer by then is tried again later."""
    mail_from: str = ""
    """Address that mails come from, like alarms@example.com."""
    mail_to: tuple[str, ...] = ()
    """Addresses that alarms are sent to."""
    require_second_factor: bool = False
    """Whether every manager must set up a second factor: true or false."""
    partner_signup: bool = True
    """Whether people may ask to become partners, once there are terms: true or false."""
    log_level: Annotated[str, msgspec.Meta(pattern="^(debug|info|warning|error)$")] = "info"
    """What the log leaves out: debug, info, warning, error."""

    @property
    def journal_folder(self) -> Path:
        return self.data / "journal"

    @property
    def catalog_folder(self) -> Path:
        return self.data / "catalog"

    @property
    def banners_folder(self) -> Path:
        return self.data / "banners"

    @property
    def keys_folder(self) -> Path:
        return self.data / "keys"

    @property
    def run_folder(self) -> Path:
        """Locks, sockets, heartbeats: nothing that must outlive the processes."""
        return self.data / "run"

    @property
    def backup_folder(self) -> Path:
        return self.data / "backup"

    @property
    def ledger_file(self) -> Path:
        return self.data / "ledger.sqlite"

    @property
    def engine_socket(self) -> Path:
        return self.run_folder / "engine.sock"


def load(data: Path, environ: Mapping[str, str] = os.environ, **options: Any) -> Settings:
    """Settings for one data folder; `options` that are None count as not given.

    Raises SettingsError, which names the setting, where it came from, and the mend.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for source, more in (
        (FILE, _from_file(data / FILE)),
        ("the environment", _from_environ(environ)),
        ("the command line", {k: v for k, v in options.items() if v is not None}),
    ):
        _merge(values, more, source)
        sources |= dict.fromkeys(more, source)
    values["data"] = str(data.resolve())
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=lambda kind, text: kind(text))
    except msgspec.ValidationError as fault:
        raise SettingsError(_sentence(str(fault), sources)) from None
    _check(settings)
    return settings


def docs() -> dict[str, str]:
    """Setting -> its one line of explanation, as it stands under the field above."""
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings")
    found = {}
    for field, text in zip(body, body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            found[field.target.id] = ast.literal_eval(text.value)
    return found


def environ_of(settings: Settings) -> dict[str, str]:
    """The same settings as CLICKTRAIL_... variables: how a child process gets them."""
    found = {}
    for name in names():
        value = getattr(settings, name)
        found[f"CLICKTRAIL_{name.upper()}"] = ",".join(value) if name in LISTS else str(value)
    return found


def socket_address(path: Path) -> str:
    """What to bind or connect to for a Unix socket at `path`.

    The kernel takes 107 bytes, and a data folder may lie deeper: then it is reached through
    a descriptor of its folder, which this process keeps.
    """
    if len(os.fsencode(path)) <= LONGEST_SOCKET_BYTES:
        return str(path)
    return f"/proc/self/fd/{_folder(path.parent)}/{path.name}"


@functools.cache
def _folder(path: Path) -> int:
    return os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)


def shown(settings: Settings) -> dict[str, Any]:
    """What differs from the defaults, for the log: a password in the database's address is masked."""
    changed = {}
    for field in msgspec.structs.fields(Settings):
        value = getattr(settings, field.name)
        if field.name != "data" and value != field.default:
            changed[field.name] = value
    if settings.smtp_password:
        changed["smtp_password"] = "…"  # noqa: S105 - a mask
    if settings.database:
        changed["database"] = _without_password(settings.database)
    return changed


def _without_password(url: str) -> str:
    """postgresql://USER:…@HOST/NAME"""
    scheme, _, rest = url.partition("://")
    account, at, place = rest.rpartition("@")
    user, colon, _ = account.partition(":")
    return f"{scheme}://{user}:…@{place}" if at and colon else url


def parse_address(text: str, name: str) -> tuple[str, int]:
    """`HOST:PORT` or `[HOST]:PORT` -> (host, port); port 0 picks a free one."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise SettingsError(f"The setting {name} is wrong: {text!r} is not HOST:PORT, like 127.0.0.1:8400.")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _check(settings: Settings) -> None:
    parse_address(settings.edge, "edge")
    parse_address(settings.console, "console")
    for name in NETWORKS:
        for network in getattr(settings, name):
            _check_network(name, network)
    for port in settings.courier_ports:
        _check_port(port)
    _check_mail(settings)
    _check_client_ip(settings)
    for node, owner in ((CONTROL_NODE, "console"), (IMPORT_NODE, "import")):
        if settings.node <= node < settings.node + settings.workers:
            raise SettingsError(
                f"The settings node ({settings.node}) and workers ({settings.workers}) do not fit together: "
                f"node {node} is the {owner}'s."
            )


def _check_network(name: str, network: str) -> None:
    try:
        ipaddress.ip_network(network, strict=False)
    except ValueError as fault:
        raise SettingsError(f"The setting {name} is wrong: {fault}; write it like 10.0.0.0/8.") from None


def _check_client_ip(settings: Settings) -> None:
    name = settings.client_ip_header
    if not name:
        return
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", name) or name.lower() in ("x-forwarded-for", "forwarded"):
        raise SettingsError(
            f"The setting client_ip_header is wrong: {name!r} is no header with one address, like CF-Connecting-IP. "
            "X-Forwarded-For needs no setting but trusted_proxies."
        )


def _check_port(text: str) -> None:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise SettingsError(f"The setting courier_ports is wrong: {text!r} is no port, like 443.")


def _check_mail(settings: Settings) -> None:
    for name, addresses in (("mail_from", (settings.mail_from,)), ("mail_to", settings.mail_to)):
        for address in addresses:
            if address and not MAIL_ADDRESS.fullmatch(address):
                raise SettingsError(f"The setting {name} is wrong: {address!r} is no mail address.")
    if settings.smtp_user and settings.smtp_security == "none" and not is_local(settings.smtp_host):
        raise SettingsError(
            "The settings smtp_user and smtp_security do not fit together: with none the password would go over the "
            "net in the clear; choose starttls or tls."
        )


def is_local(host: str) -> bool:
    """This very machine."""
    return host in ("localhost", "127.0.0.1", "::1")


def _sentence(fault: str, sources: Mapping[str, str]) -> str:
    """msgspec's `Expected ... - at `$.workers`` in words that name the setting and where it came from."""
    what, _, where = fault.partition(" - at `$.")
    name = where.rstrip("`").partition("[")[0]
    what = what[:1].lower() + what[1:]
    return f"The setting {name} (from {sources.get(name, 'the defaults')}) is wrong: {what}. {docs().get(name, '')}"


def names() -> tuple[str, ...]:
    return Settings.__struct_fields__


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(decode_file(path.read_bytes()))
    except UnicodeDecodeError:
        raise SettingsError(f"{path.name} cannot be read: save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as fault:
        raise SettingsError(f"{path.name} cannot be read: {fault}") from None


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    """CLICKTRAIL_EDGE and so on; lists are separated by commas."""
    found: dict[str, Any] = {}
    for name in names():
        text = environ.get(f"CLICKTRAIL_{name.upper()}")
        if text is None or name == "data":
            continue
        found[name] = split_list(text) if name in LISTS else text
    return found


def split_list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _merge(values: dict[str, Any], more: Mapping[str, Any], source: str) -> None:
    for name, value in more.items():
        if name not in names():
            raise SettingsError(f"{source}: there is no setting {name!r}; `clicktrail serve --help` lists them.")
        values[name] = value
