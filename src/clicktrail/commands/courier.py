"""`clicktrail courier`: the process that will call partners' servers."""

from clicktrail.commands.options import takes_settings
from clicktrail.settings import Settings


@takes_settings
def courier(settings: Settings) -> None:
    """Tell partners and back offices what became of orders; there is one courier for a ledger."""
    from clicktrail import wiring

    wiring.run_alone("courier", settings)
