"""Packages that another one would load only because they are there: not in our processes, which never use them.

    with unloaded("rich"):
        import structlog

Each of our processes starts quicker and stays smaller by what it does not load.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unloaded(*names: str) -> Iterator[None]:
    """Within it these packages are as if they were not installed, unless they are loaded already."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            if sys.modules.get(name) is None:
                sys.modules.pop(name, None)
