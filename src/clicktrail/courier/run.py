"""The courier's process: one for a ledger, a heartbeat, and an end that finishes what is on its way."""

import asyncio
import logging
import signal

import uvloop

from clicktrail import heartbeat
from clicktrail.control.boot import boot
from clicktrail.control.ledger.schema import check
from clicktrail.courier.loop import Courier
from clicktrail.courier.send import senders
from clicktrail.courier.store import Store, hold
from clicktrail.keys import load as load_keys
from clicktrail.settings import Settings

log = logging.getLogger(__name__)


def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises StartError (another courier), LedgerError (tables missing or out of reach)."""
    boot(settings, "ledger")
    check(settings)
    with hold(settings):
        try:
            uvloop.run(_serve(settings))
        finally:
            heartbeat.forget(settings.run_folder, "courier")


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    store = Store(settings, load_keys(settings.keys_folder))
    async with senders(settings) as found:
        courier = Courier(store, found, drain_s=settings.drain_timeout_s)
        beating = asyncio.create_task(_beat(settings, courier))
        log.info("courier begins")
        try:
            await courier.run(stop)
        finally:
            beating.cancel()
    log.info("courier ended")


async def _beat(settings: Settings, courier: Courier) -> None:
    started_ms = heartbeat.now_ms()
    while True:
        heartbeat.beat(settings.run_folder, "courier", started_ms, **courier.facts())
        await asyncio.sleep(heartbeat.BEAT_S)
