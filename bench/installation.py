"""A throw-away installation to measure: data folder, one program, one click target."""

import contextlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.processes import clicktrail, free_port, get

CATALOG = """
[[program]]
id = 1
name = "Bench"
currency = "EUR"
time_zone = "Europe/Berlin"
default_product = "Sale"

[[program.product]]
name = "Sale"
percent = "10"

[[program.target]]
alias = "default"
url = "https://shop.example/landing?qc_clickid=<% CLICKID %>&partner=<% PID %>&sub=<% SUBID %>"

[[program.creative]]
id = 1
name = "Text link"
target = "default"
product = "Sale"

[[partner]]
id = 7
name = "Seven"

[[partner.approval]]
program = 1
products = ["Sale"]
"""


@dataclass
class Installation:
    data: Path
    database: str = ""
    edge_port: int = field(default_factory=free_port)
    console_port: int = field(default_factory=free_port)

    @property
    def environ(self) -> dict[str, str]:
        more = {"CLICKTRAIL_DATABASE": self.database} if self.database else {}
        return {**os.environ, **more, "CLICKTRAIL_LOG_LEVEL": "warning"}

    def run(self, *arguments: str) -> str:
        command = clicktrail(*arguments, "--data", str(self.data))
        return subprocess.run(command, env=self.environ, capture_output=True, text=True, check=True).stdout

    def edge_command(self) -> list[str]:
        return clicktrail("edge", "--data", str(self.data), "--edge", f"127.0.0.1:{self.edge_port}")

    def serve_command(self) -> list[str]:
        console = f"127.0.0.1:{self.console_port}"
        edge = f"127.0.0.1:{self.edge_port}"
        return clicktrail("serve", "--data", str(self.data), "--edge", edge, "--console", console, "--workers", "1")

    def answered(self, what: str) -> int:
        """Clicks or postbacks that the worker says it answered and made durable."""
        status, body = get(self.edge_port, "/metrics")
        if status != 200:
            raise RuntimeError(f"/metrics answered {status}")
        found = re.findall(rb"^clicktrail_%s_total\S* (\S+)$" % what.encode(), body, re.M)
        return sum(int(float(n)) for n in found)

    def lag(self) -> int:
        """Events in the journals that the engine has not applied yet."""
        return int(json.loads(self.run("status", "--json"))["lag"]["events"])


@contextlib.contextmanager
def installation(database: str = "") -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="clicktrail-bench-", dir="/var/tmp") as folder:
        made = Installation(Path(folder) / "data", database)
        made.run("init")
        catalog = Path(folder) / "catalog.toml"
        catalog.write_text(CATALOG)
        made.run("catalog", "apply", str(catalog))
        yield made
