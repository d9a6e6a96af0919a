"""Settings and saved catalog entries that are accepted, but do less or more than they seem to. Each is a sentence."""

from collections.abc import Iterator

from clicktrail import catalogfile
from clicktrail.control.catalog.sharedhosts import is_shared
from clicktrail.core.catalog import Program
from clicktrail.errors import CatalogError
from clicktrail.settings import Settings


def warnings(settings: Settings) -> list[str]:
    """What `serve`, `edge`, `status` and `doctor` warn of, each with the fix."""
    return [*_client_ip(settings), *_shared_hosts(settings)]


def _client_ip(settings: Settings) -> Iterator[str]:
    if settings.client_ip_header and not settings.client_ip_networks:
        yield (
            f"The setting client_ip_header ({settings.client_ip_header}) is ignored, because client_ip_networks is "
            "empty: list the networks of the CDN there."
        )
    if settings.client_ip_networks and not settings.client_ip_header:
        yield (
            "The setting client_ip_networks is ignored, because client_ip_header is empty: name the CDN's header "
            "there, like CF-Connecting-IP."
        )


def _shared_hosts(settings: Settings) -> Iterator[str]:
    """Catalogs that were saved before such entries were refused still have them."""
    try:
        catalog = catalogfile.read(settings.catalog_folder / catalogfile.CURRENT)
    except (OSError, CatalogError):
        return  # The start and `status` report a missing or damaged catalog themselves.
    for program in catalog.programs.values():
        for entry in program.deeplink_hosts:
            if entry.startswith("*.") and is_shared(entry[2:].partition(":")[0]):
                yield _shared_host(program, entry)


def _shared_host(program: Program, entry: str) -> str:
    return (
        f'Program {program.id} ("{program.name}") has "{entry}" in deeplink_hosts. Anyone can have a name below it, so '
        "links can lead anywhere: replace it by the program's own hosts, on its page in the console or with "
        "`clicktrail catalog apply`."
    )
