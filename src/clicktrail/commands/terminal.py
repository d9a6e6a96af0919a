"""Texts from and to a terminal or pipe: UTF-8, whatever the locale says."""

import os
import sys
from collections.abc import Iterable


def typed(argument: str) -> str:
    """An argument of the command line as the UTF-8 that it was typed in."""
    return os.fsencode(argument).decode("utf-8", "replace")


def say(lines: Iterable[str]) -> None:
    """Lines without their ends."""
    put(f"{line}\n" for line in lines)


def put(lines: Iterable[str]) -> None:
    """Write to standard output; a reader that has seen enough (`| head`) is no fault."""
    out = sys.stdout.buffer
    try:
        for line in lines:
            out.write(line.encode("utf-8", "replace"))
        out.flush()
    except BrokenPipeError:
        # What is still buffered would be refused again at exit, with a traceback: it goes nowhere instead.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
