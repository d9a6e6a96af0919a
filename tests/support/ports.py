"""Ports for servers that are told where to listen, or that come back at the same place.

They lie below those that the system gives away by itself: between finding one free and listening there, and while a
server is away for a moment, no test beside this one gets it for an own server or connection.
"""

import itertools
import os
import socket

FIRST, EACH, WORKERS = 20_000, 1_500, 8
"""Each worker of a run has so many of its own."""


def free_port() -> int:
    for port in itertools.islice(_ports, EACH):
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
    raise AssertionError("every port is taken")


def _own() -> "itertools.cycle[int]":
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    begin = os.getpid() % EACH  # several runs on one machine begin at different places
    ports = [FIRST + worker * EACH + (begin + n) % EACH for n in range(EACH)]
    return itertools.cycle(ports)


_ports = _own()
