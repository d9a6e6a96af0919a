"""A shop whose templates can be edited: one line of script, and a call from whatever stores the order."""

from django.utils.translation import gettext_lazy as _

from clicktrail.control.assistant.shape import COOKIE, SESSION, Piece, Shop

SHOP = Shop(
    key="html",
    title=_("Plain HTML and JavaScript"),
    language="html",
    order="{{ order.number }}",
    amount="{{ order.net }}",
    places=(COOKIE, SESSION),
    converts=False,
    signs_pixel=False,
    signs_server=False,
    keep=(Piece("every-page.html", "html", _("On every page, anywhere in the head of the template.")),),
    pixel=(
        Piece(
            "confirmation-page.html",
            "html",
            _("On the confirmation page, in place of the line above. Your template writes the order into it."),
        ),
    ),
    server=(
        Piece(
            "order-form.html", "html", _("Inside the form that sends the order: the script fills it with the ClickID.")
        ),
        Piece("report.sh", "sh", _("On the server, where the order is stored: the same request in any language.")),
    ),
    notes={
        "amount": _(
            "The amount is the goods alone: after discounts, without tax and without shipping, written like 95.50 with "
            "a point. A template filter that writes 1.234,56 for people is the wrong one here."
        ),
        "consent": _(
            'The script keeps the ClickID in a cookie of the shop. Where that needs consent, add data-consent="wait" '
            "to both tags and call clicktrail.consent() once it is given; until then nothing is stored or sent."
        ),
        "reload": _(
            "A confirmation page that is loaded again calls again. The order number counts once, for ever: the second "
            "call is a duplicate and changes nothing."
        ),
        "test": _(
            "Check every way to the confirmation page: guests, PayPal, mobile. Each is often a template of its own. An "
            "ad blocker stops the pixel; the server call is not stopped."
        ),
    },
)
