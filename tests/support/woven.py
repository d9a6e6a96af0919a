"""The assistant's code as files in a folder, for tests that run it.

folder = written("php", setup, tmp_path)        # every piece of the system, under its own name
setup = usual_setup("php", server)              # what the form begins with, for program 1
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from support.server import Server

from clicktrail.control.assistant.shape import STEPS, Setup
from clicktrail.control.assistant.shops import SHOPS
from clicktrail.control.assistant.weaving import pieces_of

STANDS = Path(__file__).parent / "stands"


def usual_setup(key: str, tracker: str, **changes: Any) -> Setup:
    usual = SHOPS[key].usual()
    made = Setup(
        tracker=tracker,
        program=1,
        parameter="qc_clickid",
        days=30,
        decimals=2,
        order=usual["order"],
        amount=usual["amount"],
        place=usual["place"],
        name=usual["name"],
        product="Sale",
    )
    return replace(made, **changes)


def signed_setup(key: str, server: Server, program: int, number: int, secret: bytes) -> Setup:
    return usual_setup(
        key, server.edge_url, program=program, signed=True, key_number=number, secret=secret.hex(), product=""
    )


def written(key: str, setup: Setup, folder: Path) -> Path:
    for step in STEPS:
        for piece, code in pieces_of(SHOPS[key], step, setup):
            path = folder / piece.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code)
    return folder
