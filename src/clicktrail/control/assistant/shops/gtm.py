"""Google Tag Manager: two tags for the pages, one for a server container."""

from django.utils.translation import gettext_lazy as _

from clicktrail.control.assistant.shape import COOKIE, SESSION, Piece, Shop

SHOP = Shop(
    key="gtm",
    title="Google Tag Manager",
    language="js",
    order="{{DLV - ecommerce.transaction_id}}",
    amount="{{DLV - ecommerce.value}}",
    places=(COOKIE, SESSION),
    signs_pixel=False,
    signs_server=False,
    keep=(Piece("all-pages.html", "js", _("Tags, New, Custom HTML; trigger: Initialization, All Pages.")),),
    pixel=(
        Piece(
            "purchase.html",
            "js",
            _("Tags, New, Custom HTML; trigger: Custom Event, event name “purchase”."),
        ),
    ),
    server=(
        Piece(
            "server-container.js",
            "js",
            _(
                "Only with a server container: Templates, New tag template, Code. Trigger: the event “purchase” of "
                "your GA4 client."
            ),
        ),
    ),
    notes={
        "amount": _(
            "GA4 wants tax and shipping left out of value; many shops send the total all the same. Look at one order, "
            "and where it is so, name a variable of yours that takes both off. The two names in double braces are "
            "variables of the type “Data Layer Variable”: make them, or name yours."
        ),
        "consent": _(
            "Give both tags the consent they need (Advanced settings, Consent settings). Until then they do not run; "
            "the first one reads the ClickID from the address, so it must run on the landing page."
        ),
        "reload": _(
            "Many shops push “purchase” again when the page is loaded again: the second call is a duplicate and counts "
            "nothing."
        ),
        "test": _(
            "In preview mode, follow a click to the shop: the first tag must fire on the landing page, the second one "
            "on the confirmation page. The server container reads the cookie, so it must run under the shop’s own "
            "domain."
        ),
    },
)
