"""The demo as a stranger starts it: the real command in a process of its own, and what it prints."""

import os
import re
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from support.books import Books
from support.observe import until
from support.server import command

READY_S = 150
STOP_S = 120
LINK = re.compile(r"^  (.+) \(partner (\d+)\): (.+)\n    (http\S+)$", re.MULTILINE)
CONSOLE = re.compile(r"The console: +(http\S+) +user (\S+) +password (\S+)")
SHOP = re.compile(r"The shop: +(http\S+)/")


@dataclass
class Demo:
    data: Path
    log: Path
    environ: dict[str, str] = field(default_factory=dict)
    history: bool = False
    """Ninety days of it take some seconds; most tests need none."""

    def start(self) -> "Demo":
        with self.log.open("wb") as out:
            self.popen = subprocess.Popen(
                [*command(), "demo", "--data", str(self.data), "--history" if self.history else "--no-history"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=clean() | self.environ,
            )  # fmt: skip
        until(self._is_welcoming, READY_S, f"the demo says welcome, see {self.log}")
        return self

    def _is_welcoming(self) -> bool:
        assert self.popen.poll() is None, self.words()
        return str(self.data.resolve()) in self.words().partition("begin anew")[2]

    def words(self) -> str:
        return self.log.read_text()

    def stop(self) -> int:
        """Ctrl-C."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGINT)
        return self.popen.wait(STOP_S)

    def links(self, partner: int) -> list[str]:
        return [url for _, number, _, url in LINK.findall(self.words()) if int(number) == partner]

    @property
    def console(self) -> tuple[str, str, str]:
        """Address, user, password."""
        (found,) = CONSOLE.findall(self.words())
        return found

    @property
    def shop(self) -> str:
        (found,) = SHOP.findall(self.words())
        return found

    @property
    def edge(self) -> str:
        return self.links(2)[0].partition("/go.cgi")[0]

    def log_lines(self, tid: str) -> list[tuple[str, int | None]]:
        rows = Books(self.data).rows("SELECT reason, transaction_number FROM ledger_postback WHERE tid = ?", tid)
        return sorted((row[0], row[1]) for row in rows)

    def transaction(self, tid: str) -> tuple[object, ...]:
        """Partner, subid, creative, product, cents of revenue, cents of commission, test."""
        columns = "partner_id, subid, creative_id, product, revenue_minor, commission_minor, test"
        (row,) = Books(self.data).rows(f"SELECT {columns} FROM ledger_transaction WHERE tid = ?", tid)
        return tuple(row)


def clean() -> dict[str, str]:
    """The surroundings without settings of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CLICKTRAIL_")}
