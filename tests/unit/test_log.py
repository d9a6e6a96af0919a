"""The log: one JSON object a line, whoever speaks."""

import json
import subprocess
import sys

SPEAKERS = """
import logging
from clicktrail import log

log.configure("info", "engine")
log.get().info("caught up", events=3)
log.get().debug("a detail")
logging.getLogger("elsewhere").warning("%s is slow", "disk")
try:
    raise ValueError("odd")
except ValueError:
    log.get().exception("ended")
"""


def test_every_outcome_is_one_line() -> None:
    said = subprocess.run([sys.executable, "-c", SPEAKERS], capture_output=True, text=True, check=True).stderr
    ours, foreign, error = (json.loads(line) for line in said.splitlines())
    assert list(ours)[:4] == ["at", "level", "process", "event"]
    assert (ours["process"], ours["event"], ours["events"]) == ("engine", "caught up", 3)
    assert (foreign["level"], foreign["process"], foreign["event"]) == ("warning", "engine", "disk is slow")
    assert "ValueError: odd" in error["exception"]
