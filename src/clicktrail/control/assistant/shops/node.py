"""A shop of one's own in Node, with Express or anything like it."""

from django.utils.translation import gettext_lazy as _

from clicktrail.control.assistant.shape import COOKIE, SESSION, Piece, Shop

SHOP = Shop(
    key="node",
    title="Node",
    language="js",
    order="order.number",
    amount="order.net",
    places=(SESSION, COOKIE),
    keep=(
        Piece("clicktrail.mjs", "js", _("A new module of the shop. All three steps use it.")),
        Piece("every-page.mjs", "js", _("Before the routes, so that no landing page is forgotten.")),
    ),
    pixel=(Piece("confirmation-page.mjs", "js", _("In the route of the confirmation page.")),),
    server=(Piece("order-stored.mjs", "js", _("Where the order has just been stored.")),),
    notes={
        "amount": _(
            "The amount is the goods alone: after discounts, without tax and without shipping. A number is written "
            "with the currency’s decimals; a text is sent as it is."
        ),
        "consent": _(
            "The ClickID is kept under the shop’s own name, and no cookie of the tracking server is set. Where your "
            "consent tool asks for it, call remember() only after consent."
        ),
        "reload": _(
            "Loading the confirmation page again calls again; the order number counts once, for ever, and the second "
            "call is a duplicate. Pixel and server call of one order must send the same amount."
        ),
        "test": _(
            "report() tries four times within some seconds and never throws; nobody needs to wait for it. What goes "
            "wrong is written with console.error, with the reason."
        ),
    },
)
