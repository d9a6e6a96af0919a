"""A shop of one's own in PHP."""

from django.utils.translation import gettext_lazy as _

from clicktrail.control.assistant.shape import COOKIE, SESSION, Piece, Shop

SHOP = Shop(
    key="php",
    title="PHP",
    language="php",
    order="$order['number']",
    amount="$order['net']",
    places=(SESSION, COOKIE),
    keep=(
        Piece("clicktrail.php", "php", _("A new file, beside the shop’s own ones. All three steps use it.")),
        Piece("every-page.php", "php", _("At the beginning of every page, before anything is sent.")),
    ),
    pixel=(Piece("confirmation-page.php", "php", _("On the confirmation page, where the order is known.")),),
    server=(Piece("order-stored.php", "php", _("Where the order has just been stored.")),),
    notes={
        "amount": _(
            "The amount is the goods alone: after discounts, without tax and without shipping. Hand it over as a "
            "number; the code writes it as the tracking server reads it."
        ),
        "consent": _(
            "The ClickID is kept under the shop’s own name, and no cookie of the tracking server is set. Where your "
            "consent tool asks for it, call Clicktrail::remember() only after consent."
        ),
        "reload": _(
            "Loading the confirmation page again calls again; the order number counts once, for ever, and the second "
            "call is a duplicate. Pixel and server call of one order must send the same amount."
        ),
        "test": _(
            "With PHP-FPM the buyer waits for nothing; elsewhere the call may hold the page for some seconds where "
            "the network is slow: then report from a queue. What goes wrong stands in PHP’s error log."
        ),
    },
)
