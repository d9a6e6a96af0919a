"""Who may call a program: its rules, as they stand in the program's shape."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from clicktrail.control.api.reading import Reading
from clicktrail.control.api.shapes import Sent, Text
from clicktrail.control.catalog import rules
from clicktrail.control.catalog.models import Program
from clicktrail.core import access

Whose = Literal[access.ALLOWED]
Strict = Annotated[bool, Field(strict=True)]


class AccessShape(BaseModel):
    signed: bool = Field(description="Calls must be signed.")
    token_required: bool = Field(description="Calls must carry a token of the program.")
    networks: list[str] = Field(description="Calls must come from one of these; empty: from anywhere.")
    nocheck: Whose = Field(description="Whose nocheck=1 counts.")
    pid: Whose = Field(description="Whose pid counts.")
    unproven: Literal[access.UNPROVEN] = Field(description="What becomes of a call that proves too little.")
    replay_window_s: int = Field(description="How far a signature's time may lie from the call's.")


class AccessChange(Sent):
    signed: Strict = None
    token_required: Strict = None
    networks: Annotated[list[Text], Field(max_length=access.MAX_NETWORKS)] = None
    nocheck: Whose = None
    pid: Whose = None
    unproven: Literal[access.UNPROVEN] = None
    replay_window_s: Annotated[int, Field(strict=True, ge=1, le=rules.HIGHEST_WINDOW_S)] = None


COLUMNS = {"nocheck": "nocheck_by", "pid": "pid_by"}
"""Field -> column, where they differ."""


def access_of(row: Program) -> AccessShape:
    return AccessShape(**{name: getattr(row, COLUMNS.get(name, name)) for name in AccessShape.model_fields})


def take_access(row: Program, sent: AccessChange, reading: Reading) -> None:
    """Set what is named, and leave the rest."""
    for name in sent.model_fields_set:
        value = getattr(sent, name)
        try:
            setattr(row, COLUMNS.get(name, name), _networks(value) if name == "networks" else value)
        except ValueError as fault:
            reading.wrong(f"access.{name}", str(fault))


def _networks(texts: list[str]) -> list[str]:
    return rules.networks([rules.network(text) for text in texts])
