"""A PostgreSQL from the wheel, for the length of a measurement."""

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    from tests.support.postgres import server

    with server() as url:
        yield url
