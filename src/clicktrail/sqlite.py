"""The one door to SQLite: the wheel's, never the system's.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when two connections write and
checkpoint in the same instant. The wheel brings its own, newer library; importing
this module puts it in the place of the standard library's `sqlite3`, so that Django
uses it too, and refuses to go on with an older one.
"""

import sys

import pysqlite3 as sqlite3
from pysqlite3 import dbapi2

OLDEST_SAFE = (3, 51, 3)

# The driver asks every value that is neither int, float nor str how it wants to be stored, and a None, bool
# or bytes costs it a microsecond to find no answer: more than all the rest of an insert.
sqlite3.register_adapter(type(None), lambda none: none)
sqlite3.register_adapter(bool, int)
sqlite3.register_adapter(bytes, bytes)

sys.modules["sqlite3"] = sqlite3
sys.modules["sqlite3.dbapi2"] = dbapi2


def require_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> None:
    """Raise RuntimeError where this process would run on an unsafe SQLite."""
    if version < OLDEST_SAFE:
        found, needed = (".".join(map(str, v)) for v in (version, OLDEST_SAFE))
        raise RuntimeError(
            f"SQLite {found} can corrupt a write-ahead journal; {needed} or newer is needed: "
            "install the pinned pysqlite3 wheel."
        )


require_safe()

__all__ = ["OLDEST_SAFE", "dbapi2", "require_safe", "sqlite3"]
