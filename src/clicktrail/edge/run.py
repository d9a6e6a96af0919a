"""One edge worker, from its locks to its last answer."""

import asyncio
import gc
import resource
import secrets
import signal
import socket
import sys
import time
from datetime import UTC, date, datetime

import httptools  # noqa: F401 - loaded before the memory is frozen
import uvloop

from clicktrail import heartbeat, log
from clicktrail import keys as keyring
from clicktrail.addresses import Networks
from clicktrail.core import callnumber
from clicktrail.core.callnumber import CallNumbers
from clicktrail.core.clickid import Checks, Mint, made_ms
from clicktrail.edge.answers import Answers
from clicktrail.edge.caller import Registry
from clicktrail.edge.catalog import Watch
from clicktrail.edge.commit import Commits
from clicktrail.edge.proofs import Proving
from clicktrail.edge.quota import VerdictQuota
from clicktrail.edge.server import Connection
from clicktrail.edge.verdicts import Verdicts
from clicktrail.edge.worker import Worker, read_script
from clicktrail.errors import StartError
from clicktrail.journal.disk import open_clock, open_disk
from clicktrail.journal.local import Writer
from clicktrail.settings import Settings

TICK_S = 0.25
"""Catalog, patience, lost engine: looked at this often."""
TICKS_A_SECOND = 4
BACKLOG = 4096
SWITCH_INTERVAL_S = 0.0005
"""The journal's thread must not wait five milliseconds for the interpreter."""
LAST_MOMENT_S = 0.2
"""Connections idle at SIGTERM are kept this long: a request may be on its way."""
SPARE_DESCRIPTORS = 64
"""File descriptors that are not connections."""


def run(settings: Settings, node: int, sock: socket.socket | int | None = None, lifeline: int | None = None) -> None:
    """Serve until SIGTERM, SIGINT or the end of `lifeline` (a pipe from the supervisor), then drain.

    sock: a listening socket or its descriptor; None: bind `settings.edge`. Raises
    JournalLocked where another process holds the node, StartError where the port is taken.
    """
    log.configure(settings.log_level, f"edge-{node:04d}")
    settings.run_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _allow_connections(settings.max_connections)
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    edge = Edge(settings, node, loop, open_socket(settings.edge, sock))
    try:
        loop.run_until_complete(edge.serve(lifeline))
    finally:
        edge.close()
        loop.close()


def open_socket(address: str, given: socket.socket | int | None = None) -> socket.socket:
    """The listening socket: the one that was handed over, or one of our own."""
    if isinstance(given, socket.socket):
        return given
    if given is not None:
        return socket.socket(fileno=given)
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "0.0.0.0"  # noqa: S104 - `:8400` means every interface  # nosec B104
    try:
        infos = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, place = infos[0]
        own = socket.socket(family, kind, protocol)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.bind(place)
    except (OSError, ValueError, OverflowError) as fault:
        raise StartError(f"The edge cannot listen on {address}: {fault}") from None
    own.listen(BACKLOG)
    return own


class Edge:
    """The worker's life: start, ticks, drain."""

    def __init__(
        self, settings: Settings, node: int, loop: asyncio.AbstractEventLoop, listening: socket.socket
    ) -> None:
        self.settings, self.node, self.loop, self.listening = settings, node, loop, listening
        self.name = f"edge-{node:04d}"
        self.log = log.get()
        self.keys = keyring.create(settings.keys_folder)
        self.clock = open_clock(settings.run_folder)
        self.writer = Writer(
            settings.journal_folder,
            node,
            max_bytes=settings.journal_max_bytes,
            max_age_s=settings.journal_max_age_s,
            disk=open_disk(settings.run_folder),
            clock=self.clock,
        )
        self.started_ms = heartbeat.now_ms()
        self.day: date | None = None
        """Whose visitor key is in use."""
        self.key_fault = ""
        self.ended = asyncio.Event()
        self.worker = self._equip()
        self._turn_day()
        self.ticks = 0
        self.told = (False, 0, 0)
        """What was last said of the journal: failing, clicks lost, postbacks refused."""

    def _equip(self) -> Worker:
        settings, loop = self.settings, self.loop
        watch = Watch(settings.catalog_folder)
        watch.look()
        verdicts = Verdicts(
            loop,
            settings.engine_socket,
            Answers(),
            settings.verdict_patience_ms / 1000,
            CallNumbers(keyring.derive(self.keys, callnumber.PURPOSE)),
            VerdictQuota(settings.unproven_verdicts_per_hour),
        )
        commits = Commits(
            loop,
            self.writer,
            clock=self.clock,
            batch_max=settings.batch_max_events,
            queue_max=settings.queue_max_events,
            patience_s=settings.sync_patience_ms / 1000,
            on_postbacks=verdicts.wake,
        )
        registry = Registry(
            Networks(settings.trusted_proxies),
            Networks(settings.status_networks),
            settings.ip_privacy,
            self.keys.ip,
            secrets.token_bytes(keyring.KEY_BYTES),  # Until the day's own is there: the disk may refuse it.
            settings.client_ip_header,
            Networks(settings.client_ip_networks),
        )
        worker = Worker(
            settings,
            self.node,
            clock=self.clock,
            checks=self._checks(watch),
            mint=Mint(self.node, self.writer.last_ms),
            watch=watch,
            commits=commits,
            verdicts=verdicts,
            registry=registry,
            proving=Proving(self.keys),
            script=read_script(),
        )
        verdicts.answers = worker.answers
        return worker

    def _checks(self, watch: Watch) -> Checks:
        prefix = watch.picture.catalog.prefix if watch.picture.version else self.settings.prefix
        return Checks(self.keys.clickid, self.keys.current, prefix)

    async def serve(self, lifeline: int | None) -> None:
        worker, loop = self.worker, self.loop
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ended.set)
        if lifeline is not None:
            loop.add_reader(lifeline, self.ended.set)
        worker.now_s = worker.commits.now_s = loop.time()
        worker.answers.renew(time.time())
        self.tick()
        _settle_memory()
        server = await loop.create_server(lambda: Connection(worker), sock=self.listening, backlog=BACKLOG)
        self.log.info("serving", address=self.settings.edge, catalog=worker.watch.picture.version)
        await self.ended.wait()
        self.log.info("leaving", connections=len(worker.connections))
        if lifeline is not None:
            loop.remove_reader(lifeline)
        server.close()
        await self.drain()

    async def drain(self) -> None:
        """Answer what is in hand, then close; whoever has not finished by the deadline is cut off."""
        worker, loop = self.worker, self.loop
        worker.is_draining = True
        for connection in list(worker.connections):
            connection.drain()
        deadline = loop.time() + self.settings.drain_timeout_s
        idle_from = loop.time() + min(LAST_MOMENT_S, self.settings.drain_timeout_s)
        while worker.connections and loop.time() < deadline:
            await asyncio.sleep(0.01)
            if loop.time() >= idle_from:
                for connection in list(worker.connections):
                    connection.close_if_idle()
        for connection in list(worker.connections):
            connection.cut_off()

    def close(self) -> None:
        """Write what is queued, seal the journal, let go of the node."""
        worker = self.worker
        is_written = worker.commits.flush(self.settings.drain_timeout_s)
        self._report()
        worker.verdicts.close()
        if is_written:
            # Else the disk hangs, and the next start seals.
            self.writer.close(made_ms(worker.mint.next(0)))
        heartbeat.forget(self.settings.run_folder, self.name)
        tally = worker.commits.tally
        self.log.info("left", clicks=tally.clicks_stored, postbacks=tally.postbacks_stored)

    def tick(self) -> None:
        """Four times a second."""
        self.loop.call_later(TICK_S, self.tick)
        worker = self.worker
        worker.now_s = self.loop.time()
        worker.commits.tick(worker.now_s)
        worker.verdicts.tick()
        if worker.watch.look():
            worker.checks = self._checks(worker.watch)
            self.log.info("catalog", version=worker.watch.picture.version)
        self.ticks += 1
        if self.ticks % TICKS_A_SECOND == 1:
            self.second()

    def second(self) -> None:
        """Once a second."""
        worker = self.worker
        worker.answers.renew(time.time())
        for connection in list(worker.connections):
            connection.check_time(worker.now_s)
        if self.writer.is_asked_to_rotate():
            worker.commits.rotate()
        if self._today() != self.day:
            self._turn_day()
        facts = {"catalog_version": worker.watch.picture.version, "journal_fault": self._report()}
        heartbeat.beat(self.settings.run_folder, self.name, self.started_ms, node=self.node, **facts)

    def _turn_day(self) -> None:
        """A new day has a new visitor key; who is connected gets new names too.

        Where the disk refuses, visitors keep their names for the moment: it is asked again a second later.
        """
        today, folder = self._today(), self.settings.keys_folder
        try:
            self.worker.registry.visitor_key = keyring.visitor_key(folder, today)
            keyring.destroy_old_visitor_keys(folder, today)
        except OSError as fault:
            if str(fault) != self.key_fault:
                self.log.error("visitor key", fault=str(fault))
            self.key_fault = str(fault)
            return
        self.day, self.key_fault = today, ""
        for connection in list(self.worker.connections):
            connection.forget_head()

    def _today(self) -> date:
        return datetime.fromtimestamp(self.clock() / 1000, UTC).date()

    def _report(self) -> str:
        """Shout when the journal begins to fail, when it ends, and whenever something was lost since; the fault."""
        commits = self.worker.commits
        fault = commits.fault or ("the disk is too slow" if commits.is_stuck else "")
        state = (bool(fault), commits.tally.clicks_lost, commits.tally.postbacks_refused)
        if state != self.told:
            self.log.error("journal", fault=fault, clicks_lost=state[1], postbacks_refused=state[2])
            self.told = state
        return fault


def _settle_memory() -> None:
    """Clicks make no cycles: what is loaded is set aside, and the collector looks seldom."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def _allow_connections(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + SPARE_DESCRIPTORS
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, hard), hard))
