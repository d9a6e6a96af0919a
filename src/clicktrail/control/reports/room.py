"""Room to add up in: on PostgreSQL the console asks for more memory than a server gives to a sort as it comes.

With the 4 MB it comes with, PostgreSQL expects not to hold the groups of a report by subid in memory: it sorts all
rows of all days on the disk instead, on every core at once, which costs three times as much. Compiling a plan
("jit") takes longer than any report does.
"""

from typing import Any

from django.db.backends.signals import connection_created

WORK_MEM = "32MB"
"""For the 30,000 groups of the largest report; taken only while one is added up. A server that gives more keeps it."""
ASK = """
    SELECT set_config('jit', 'off', false), CASE
        WHEN pg_size_bytes(current_setting('work_mem')) < pg_size_bytes(%s) THEN set_config('work_mem', %s, false)
    END
"""


def watch() -> None:
    """From now on every connection of this process has it."""
    connection_created.connect(_give, dispatch_uid="room of reports")


def _give(connection: Any, **_: Any) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(ASK, [WORK_MEM, WORK_MEM])
