"""What a call proves of where it comes from: signature, token, address.

The values that prove it come in, are compared, and are forgotten: only numbers of keys leave
this module. What follows from them is for the judge (`core/access.py`). A program without
rules costs one look into a dictionary; the secrets of the others are derived once for each
published catalog, so a new or revoked key counts as soon as its catalog is swapped in.
"""

import hmac
from collections.abc import Mapping
from contextlib import suppress

from clicktrail.addresses import Address, Networks
from clicktrail.core import signing
from clicktrail.core.access import MAX_KEYS, MAX_NETWORKS, NO_PROOFS, Access, Proofs, token_digest, token_purpose
from clicktrail.core.ids import read_id
from clicktrail.core.secretnames import HIDDEN
from clicktrail.core.text import strip_invisible
from clicktrail.edge.catalog import Picture
from clicktrail.keys import Keys, derive

TOKEN = "token"  # noqa: S105 - a parameter's name

Params = Mapping[str, str]


class Proving:
    """Finds out what calls prove, with the keys of this installation."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._picture: Picture | None = None
        self._doors: dict[int, Door] = {}

    def proofs(self, picture: Picture, params: Params, hidden: Params, address: Address | None, now_ms: int) -> Proofs:
        """params: of the call, with values as they were sent; hidden: values of secrets that are hidden in `params`.

        Never raises.
        """
        program = read_id(strip_invisible(params.get("cpid", ""))) or 0
        rules = picture.guarded.get(program)
        if rules is None:
            return NO_PROOFS
        if picture is not self._picture:
            self._picture, self._doors = picture, {}
        door = self._doors.get(program)
        if door is None:
            door = self._doors[program] = Door(self._keys, program, rules)
        return door.proofs(unhidden(params, hidden), address, now_ms)


def unhidden(params: Params, hidden: Params) -> Params:
    """The parameters as they were sent. A secret that was sent again without a value has none."""
    return {name: hidden[name] if value == HIDDEN and name in hidden else value for name, value in params.items()}


class Door:
    """The rules of one program with the secrets that they need."""

    def __init__(self, keys: Keys, program: int, rules: Access) -> None:
        self._window_ms = rules.replay_window_s * 1000
        self._secrets = {key.number: derive(keys, key.purpose(program)) for key in rules.keys[:MAX_KEYS]}
        self._token_key = derive(keys, token_purpose(program))
        self._tokens = rules.tokens[:MAX_KEYS]
        self._networks = _readable(rules.networks[:MAX_NETWORKS])

    def proofs(self, params: Params, address: Address | None, now_ms: int) -> Proofs:
        signed = signing.check(params, self._secrets, self._window_ms, now_ms)
        token = self._token(params.get(TOKEN, ""))
        return Proofs(False, signed.by, token, self._networks.hold(address), signed.fault, signed.stamp_ms)

    def _token(self, given: str) -> int:
        """The number of the token that it is. All are compared, each in constant time."""
        if not given or not self._tokens:
            return 0
        digest = token_digest(self._token_key, given).encode()
        found = [token.number for token in self._tokens if hmac.compare_digest(digest, token.digest.encode())]
        return found[0] if found else 0


def _readable(texts: tuple[str, ...]) -> Networks:
    """One that cannot be read holds nobody: a slip in the ledger must not lose a call."""
    with suppress(ValueError):
        return Networks(texts)
    return Networks(text for text in texts if _is_network(text))


def _is_network(text: str) -> bool:
    with suppress(ValueError):
        Networks((text,))
        return True
    return False
