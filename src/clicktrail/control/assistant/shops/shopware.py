"""Shopware 6, as a plugin."""

from django.utils.translation import gettext_lazy as _

from clicktrail.control.assistant.shape import COOKIE, Piece, Shop

_FOLDER = "custom/plugins/Clicktrail"
_SOURCE = f"{_FOLDER}/src"
_VIEWS = f"{_SOURCE}/Resources/views/storefront"

SHOP = Shop(
    key="shopware",
    title="Shopware 6",
    language="php",
    order="$order->getOrderNumber()",
    amount="self::goodsNet($order)",
    places=(COOKIE,),
    keep=(
        Piece(f"{_FOLDER}/composer.json", "json", _("A plugin: these files under the shop’s own folder.")),
        Piece(f"{_SOURCE}/Clicktrail.php", "php", _("The plugin itself.")),
        Piece(f"{_SOURCE}/Calls.php", "php", _("What both calls use.")),
        Piece(f"{_SOURCE}/Resources/config/services.xml", "xml", _("Without step 2 or 3, take its service out.")),
        Piece(f"{_VIEWS}/layout/meta.html.twig", "html", _("The script that keeps the ClickID, on every page.")),
    ),
    pixel=(
        Piece(f"{_SOURCE}/Pixel.php", "php", _("Makes the address of the pixel.")),
        Piece(f"{_VIEWS}/page/checkout/finish/index.html.twig", "html", _("Shows it on the confirmation page.")),
    ),
    server=(
        Piece(
            f"{_SOURCE}/ServerCall.php",
            "php",
            _(
                "Then: bin/console plugin:refresh, bin/console plugin:install --activate Clicktrail, "
                "bin/console cache:clear."
            ),
        ),
    ),
    notes={
        "amount": _(
            "Shopware’s net amount of the order less its net shipping, promotions taken off, for shops with gross "
            "and with net prices alike. Both calls take it from the same line, so they never differ."
        ),
        "consent": _(
            "The script keeps the ClickID in a cookie of the shop: register it with your cookie consent, add "
            'data-consent="wait" to the tag, and call clicktrail.consent() when the cookie was accepted.'
        ),
        "reload": _(
            "The confirmation page can be loaded again: the second call is a duplicate and counts nothing. Orders "
            "that are paid later, or again, keep their number and count once."
        ),
        "test": _(
            "The HTTP cache swallows nothing: the ClickID is kept by the browser. A headless storefront has no such "
            "page: there the server call is the one to use, and the cookie must reach the store API."
        ),
    },
)
