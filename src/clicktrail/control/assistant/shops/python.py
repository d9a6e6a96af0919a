"""A shop of one's own in Python: Django, Flask, anything with a request."""

from django.utils.translation import gettext_lazy as _

from clicktrail.control.assistant.shape import COOKIE, SESSION, Piece, Shop

SHOP = Shop(
    key="python",
    title="Python",
    language="python",
    order="order.number",
    amount="order.net",
    places=(SESSION, COOKIE),
    keep=(
        Piece(
            "clicktrail_shop.py",
            "python",
            _("A new module of the shop. All three steps use it."),
        ),
        Piece("every_page.py", "python", _("In a middleware, so that no landing page is forgotten.")),
    ),
    pixel=(Piece("confirmation_page.py", "python", _("In the view of the confirmation page.")),),
    server=(Piece("order_stored.py", "python", _("Where the order has just been stored.")),),
    notes={
        "amount": _(
            "The amount is the goods alone: after discounts, without tax and without shipping. A Decimal is best; a "
            "float is rounded half up to the currency."
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
            "report() tries four times within some seconds: call it from a task of your queue. What goes wrong stands "
            "in the log at level ERROR, with the reason."
        ),
    },
)
