"""Who may call a program: what it demands, and what a call has proved. Pure.

The front door finds out what a call proves (`edge/proofs.py`) and journals the numbers of
the keys, never their values; what follows from it is decided here, by the judge, with the
rules that were in force when the call came.
"""

import hashlib
import hmac
from dataclasses import dataclass

from clicktrail.core.tongue import mark

NOBODY = "nobody"
SIGNED = "signed"
EVERYBODY = "everybody"
ALLOWED = (NOBODY, SIGNED, EVERYBODY)
"""Who may skip the approval check, and who may name the partner."""

REFUSE = "refuse"
HOLD = "hold"
UNPROVEN = (REFUSE, HOLD)
"""What becomes of a call that does not prove what is demanded."""

REPLAY_WINDOW_S = 300
"""How far a signature's time stamp may lie from the call's arrival, either way, where the program says nothing else."""

MAX_KEYS = 8
"""Signing keys, and tokens, of one program that count at the same time."""
MAX_NETWORKS = 200
"""Networks in one program's address list."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key of the program; its secret is derived from the installation's (`keys.py`)."""

    number: int
    salt: str

    def purpose(self, program: int) -> str:
        return f"call|{program}|{self.number}|{self.salt}"


@dataclass(frozen=True, slots=True)
class Token:
    number: int
    digest: str
    """Keyed hash of the token, in hex."""


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one program; each stands for itself, and all that are set must be met."""

    signed: bool = False
    token_required: bool = False
    networks: tuple[str, ...] = ()
    """Calls must come from one of these; empty: from anywhere."""
    keys: tuple[SigningKey, ...] = ()
    tokens: tuple[Token, ...] = ()
    nocheck: str = EVERYBODY
    """Whose `nocheck=1` counts."""
    pid: str = EVERYBODY
    """Whose `pid` counts."""
    unproven: str = REFUSE
    replay_window_s: int = REPLAY_WINDOW_S

    @property
    def looks(self) -> bool:
        """Whether there is anything to find out about a call at all."""
        return bool(self.signed or self.token_required or self.keys or self.tokens or self.networks)


OPEN_TO_ALL = Access()


def token_purpose(program: int) -> str:
    """What the key of a program's token digests is derived for."""
    return f"token|{program}"


def token_digest(secret: bytes, token: str) -> str:
    """What is kept of a token: 64 hexadecimal digits. secret: derived for `token_purpose`."""
    return hmac.new(secret, token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Proofs:
    """What a call has proved."""

    house: bool = False
    """Handed in by somebody whom control knows: with an API key, or by hand in the console."""
    signed_by: int = 0
    """Number of the key of its valid signature; 0: none."""
    token: int = 0
    """Number of its valid token; 0: none."""
    listed: bool = False
    """Came from one of the program's networks."""
    fault: str = ""
    """Why a proof that it did give does not count, as the end of a sentence; or empty."""
    stamp_ms: int = 0
    """When it was signed."""

    @property
    def trusted(self) -> bool:
        return self.house or self.signed_by > 0


NO_PROOFS = Proofs()


def missing(access: Access, proofs: Proofs) -> str:
    """Which demanded proof a call does not give, as the end of a sentence; empty where it may pass."""
    if proofs.house:
        return ""
    lacks = []
    if access.signed and not proofs.signed_by:
        lacks.append(proofs.fault or mark("it carries no signature (parameters ts and sig)"))
    if access.token_required and not proofs.token:
        lacks.append(mark("its token is missing or wrong (parameter token)"))
    if access.networks and not proofs.listed:
        lacks.append(mark("it does not come from a listed address"))
    return "; ".join(lacks)


def allows(who: str, proofs: Proofs) -> bool:
    """Whether a rule of ALLOWED counts for this call. What a person or a key of this house says always counts."""
    return who == EVERYBODY or proofs.house or (who == SIGNED and proofs.signed_by > 0)
