"""Any text that another system calls a ClickID: refused with a sentence, or found again as it was."""

import csv
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from clicktrail.control.importing.table import Column, Faults, Table
from clicktrail.core import foreign
from clicktrail.core.postback import from_params, read

TEXTS = st.text(st.characters(codec="utf-8"), max_size=foreign.MAX_FOREIGN + 3)


@given(st.lists(TEXTS, min_size=1, max_size=20), st.sampled_from(";,\t|"), st.booleans())
def test_what_can_be_imported_comes_out_of_the_file_as_it_was(texts: list[str], separator: str, mark: bool) -> None:
    kept = [text for text in texts if not foreign.fault(text.strip())]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clicks.csv"
        with path.open("w", encoding="utf-8-sig" if mark else "utf-8", newline="") as out:
            rows = csv.writer(out, delimiter=separator)
            rows.writerows([("ClickID", "Zeit", "PartnerID"), *((text, "2026-01-31", "7") for text in kept)])
        faults = Faults("clicks.csv")
        table = Table(path, (Column("clickid", ()), Column("time", ("zeit",))), {})
        assert [line.text("clickid") for line in table.lines(faults, "")] == [text.strip() for text in kept]
        assert not faults.count


@given(TEXTS)
def test_a_text_that_can_be_imported_arrives_in_a_call_as_it_is(text: str) -> None:
    fault = foreign.fault(text)
    assert bool(fault) == (not text or len(text) > foreign.MAX_FOREIGN or not _is_readable(text))
    if fault:
        return
    assert foreign.is_importable(text)
    sent = "clickid=" + "".join(f"%{byte:02X}" for byte in text.encode())
    assert from_params(*read(sent.encode())).clickid == text


def _is_readable(text: str) -> bool:
    return not any(ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029\ufffd" for c in text)
