"""Publishing: the newer over the older, never the other way round, whoever comes first."""

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from support.folder import fresh
from support.observe import until

from clicktrail import catalogfile
from clicktrail.core.catalog import JUDGING_VERSION, Catalog
from clicktrail.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return fresh(tmp_path)


def publish(settings: Settings) -> int:
    from clicktrail.control.catalog import publish

    return publish.publish(settings)


def published(settings: Settings) -> Catalog:
    return catalogfile.read(settings.catalog_folder / catalogfile.CURRENT)


def rename_behind_its_back(name: str) -> None:
    """An edit by a process that died before it could publish."""
    from django.db import transaction

    from clicktrail.control.catalog.models import CatalogVersion, Partner

    with transaction.atomic():
        Partner.objects.filter(pk=2).update(name=name)
        CatalogVersion.raise_by_one(1)


def ledger_version() -> int:
    from clicktrail.control.catalog.models import CatalogVersion

    return CatalogVersion.objects.get().version


def test_an_edit_raises_the_version_and_is_published(settings: Settings) -> None:
    from clicktrail.control.catalog.models import Partner

    before = published(settings).version
    Partner.objects.create(name="Anna")
    after = published(settings)
    assert after.version == ledger_version() == before + 1
    assert [p.name for p in after.partners.values()] == ["Test partner", "Anna"]


def test_a_catalog_of_older_judging_rules_is_published_again_under_a_new_version(settings: Settings) -> None:
    before = published(settings)
    assert before.judging_version == JUDGING_VERSION
    old = replace(before, judging_version=1)
    for path in (settings.catalog_folder / catalogfile.CURRENT, version_file(settings, before.version)):
        path.unlink()
    catalogfile.write(settings.catalog_folder, old)
    assert publish(settings) == before.version + 1 == ledger_version()
    assert published(settings).judging_version == JUDGING_VERSION
    assert catalogfile.read(version_file(settings, before.version)).judging_version == 1
    assert publish(settings) == before.version + 1


def version_file(settings: Settings, version: int) -> Path:
    return catalogfile.version_file(settings.catalog_folder, version)


def test_an_edit_that_is_undone_raises_nothing(settings: Settings) -> None:
    from django.db import transaction

    from clicktrail.control.catalog.models import Partner

    before = published(settings)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Partner.objects.create(name="Anna")
        raise ZeroDivisionError
    assert (published(settings), ledger_version()) == (before, before.version)


def test_a_deletion_is_an_edit(settings: Settings) -> None:
    from clicktrail.control.catalog.models import Approval

    before = published(settings).version
    Approval.objects.all().delete()
    assert published(settings).approvals == ()
    assert published(settings).version > before


def test_every_version_is_kept(settings: Settings) -> None:
    first = published(settings)
    rename_behind_its_back("Second")
    publish(settings)
    assert catalogfile.read(catalogfile.version_file(settings.catalog_folder, first.version)) == first
    assert catalogfile.read(catalogfile.version_file(settings.catalog_folder, first.version + 1)) == published(settings)


def test_files_are_for_the_owner_only(settings: Settings) -> None:
    rights = {path.stat().st_mode & 0o777 for path in settings.catalog_folder.glob("*.msgpack")}
    assert rights == {0o600}


def test_nothing_new_writes_nothing(settings: Settings) -> None:
    path = settings.catalog_folder / catalogfile.CURRENT
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert publish(settings) == published(settings).version
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_the_watch_publishes_what_an_edit_could_not(settings: Settings) -> None:
    from clicktrail.control.catalog.publish import watch

    stop = threading.Event()
    rename_behind_its_back("Late")
    thread = threading.Thread(target=watch, args=(settings, stop))
    thread.start()
    try:
        until(lambda: published(settings).partners[2].name == "Late", 10, "the watch has published")
    finally:
        stop.set()
        thread.join()


def test_a_damaged_file_is_replaced(settings: Settings) -> None:
    before = published(settings)
    (settings.catalog_folder / catalogfile.CURRENT).write_bytes(b"\x81torn")
    assert publish(settings) == before.version
    assert published(settings) == before


def test_a_missing_file_is_written(settings: Settings) -> None:
    before = published(settings)
    (settings.catalog_folder / catalogfile.CURRENT).unlink()
    publish(settings)
    assert published(settings) == before


def test_a_ledger_from_a_backup_takes_the_next_number(settings: Settings) -> None:
    """An older ledger must not publish under an older number: the edges would not look at it."""
    from clicktrail.control.catalog.models import CatalogVersion, Partner

    for n in range(3):
        Partner.objects.create(name=f"Partner {n}")
    newest = published(settings).version
    CatalogVersion.objects.update(version=1)
    assert publish(settings) == newest + 1 == ledger_version()
    assert published(settings).version == newest + 1


def test_who_comes_second_compiles_what_is_true_by_then(settings: Settings) -> None:
    """Three processes edit and publish at once: in the end the file says what the ledger says."""
    script = (
        "import sys; from pathlib import Path\n"
        "from clicktrail.settings import Settings\n"
        "from clicktrail.control.boot import boot\n"
        "settings = Settings(data=Path(sys.argv[1])); boot(settings, 'ledger')\n"
        "from clicktrail.control.catalog.models import Partner\n"
        "for n in range(5): Partner.objects.create(name=f'{sys.argv[2]}-{n}')\n"
    )
    words = [sys.executable, "-c", script, str(settings.data)]
    started = [subprocess.Popen([*words, str(number)]) for number in range(3)]
    assert [each.wait(60) for each in started] == [0, 0, 0]
    final = published(settings)
    assert final.version == ledger_version()
    assert len(final.partners) == 1 + 15
    kept = sorted(settings.catalog_folder.glob("v*.msgpack"))
    counts = [len(catalogfile.read(path).partners) for path in kept]
    assert counts == sorted(counts), "a later version never knows less than an earlier one"


def test_while_one_publishes_the_other_waits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the slower one, which read the ledger earlier, could write over the newer catalog."""
    from django.db import connection

    from clicktrail.control.catalog import publish as module

    compiling, overtaken = threading.Event(), threading.Event()
    faults: list[BaseException] = []

    def slow(prefix: str) -> Catalog:
        compiled = module_compile(prefix)
        compiling.set()
        overtaken.wait(0.5)
        return compiled

    def first() -> None:
        try:
            module.publish(settings)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    module_compile = module.compile_catalog
    rename_behind_its_back("Second")
    monkeypatch.setattr(module, "compile_catalog", slow)
    thread = threading.Thread(target=first)
    thread.start()
    assert compiling.wait(120)
    monkeypatch.setattr(module, "compile_catalog", module_compile)
    rename_behind_its_back("Third")
    module.publish(settings)
    overtaken.set()
    thread.join()
    assert faults == []
    assert published(settings).partners[2].name == "Third"
    assert published(settings).version == ledger_version()
