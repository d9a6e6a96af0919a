"""Limits of the console's server. Each is described in docs/reference/limits.md."""

from dataclasses import dataclass
from pathlib import Path

from clicktrail.settings import Settings

MAX_CONSOLE_CONNECTIONS = 512
"""Connections at a time. Above it the one that has waited longest is dropped, never one that a thread works for."""
MAX_CONNECTIONS_PER_ADDRESS = 64
"""Connections of one IP address that is not a trusted proxy."""
MAX_REQUESTS_PER_ADDRESS = 32
"""Requests of one client address, seen through trusted proxies, that are being read or answered."""
MAX_QUEUED_REQUESTS = 256
"""Requests that are complete and wait for a thread or are in one."""

MAX_LINE_BYTES = 16 * 1024
MAX_FIELD_BYTES = 16 * 1024
MAX_FIELDS = 100
MAX_HEAD_BYTES = 64 * 1024

MAX_STRANGER_BODY = 64 * 1024
"""What a request may bring without a session or an API key."""
MAX_FORM_BODY = 2_621_440
"""What a signed-in person may send to any page: Django's own limit of a form without files."""
MAX_API_BODY = 2 * 1024 * 1024 + 1024
"""A little above the limit that the API names in its own answer."""
MAX_BODIES_ON_DISK = 160 * 1024 * 1024
"""Bytes of all larger bodies together that are kept in files while they are read and worked on."""
BODY_IN_MEMORY = 256 * 1024
"""A larger body goes to a file."""

ANSWER_IN_MEMORY = 1024 * 1024
"""A longer answer goes to a file."""
MAX_ANSWERS_ON_DISK = 2 * 1024 * 1024 * 1024
"""Bytes of all longer answers together; one more ends the answer that asks for it."""

SLOWEST_BYTES_PER_S = 16 * 1024
"""The pace below which a large body or answer is given up, once `header_timeout_s` is over."""
LINGER_S = 2.0
"""How long the rest of a body is read and dropped after it was refused, so that the sender can read why."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds, from the settings of the same names."""

    header_timeout_s: float
    idle_timeout_s: float

    def transfer(self, size: int) -> float:
        """Within what time so many bytes must have passed."""
        return self.header_timeout_s + size / SLOWEST_BYTES_PER_S


def bodies_folder(settings: Settings) -> Path:
    """Where large bodies and long answers are kept while they are read, worked on and sent."""
    return settings.run_folder / "bodies"
