"""Listening sockets: opened by whoever supervises, so that they outlive a worker."""

import errno
import socket

from clicktrail.errors import StartError
from clicktrail.settings import parse_address

BACKLOG = 4096
"""Connections that wait in the kernel while a worker starts again; the kernel may cap it lower."""


def listen(address: str, name: str, number: int) -> list[socket.socket]:
    """`number` sockets on one address, one a worker; the kernel spreads connections over them.

    SO_REUSEPORT would let a stranger's server and ours share the port in silence, so a probe
    without it makes sure first that nobody else listens there. Raises StartError.
    """
    host, port = parse_address(address, name)
    with _bind(host, port, name, shared=False) as probe:
        port = probe.getsockname()[1]
    found = [_bind(host, port, name, shared=True) for _ in range(number)]
    for listener in found:
        listener.listen(BACKLOG)
    return found


def address_of(listener: socket.socket) -> str:
    """HOST:PORT as it really is, where port 0 was asked for too."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bind(host: str, port: int, name: str, *, shared: bool) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
    except OSError as fault:
        raise StartError(_sentence(fault, host, port, name)) from None
    return listener


def _sentence(fault: OSError, host: str, port: int, name: str) -> str:
    where = f"{host}:{port}"
    if fault.errno == errno.EADDRINUSE:
        return f"Port {port} is taken: another program listens on {where}. Stop it, or choose another with --{name}."
    if fault.errno == errno.EACCES:
        return f"Port {port} is not allowed to this user; choose one above 1023 with --{name}."
    return f"Cannot listen on {where} (--{name}): {fault.strerror or fault}."
