"""How one process is put together."""

import os
from pathlib import Path

import pytest

from clicktrail import keys, wiring
from clicktrail.settings import Settings


def test_who_runs_alone_makes_files_for_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervised process inherits its supervisor's mask; one that a person starts has the person's."""
    settings = Settings(data=tmp_path)
    keys.create(settings.keys_folder)
    masks: list[int] = []
    monkeypatch.setitem(wiring.ROLES, "courier", lambda _: masks.append(os.umask(0o022)))  # type: ignore[arg-type]
    before = os.umask(0o022)
    try:
        wiring.run_alone("courier", settings)
    finally:
        os.umask(before)
    assert masks == [0o077]
