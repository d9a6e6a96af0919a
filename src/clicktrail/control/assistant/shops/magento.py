"""Magento 2 and Adobe Commerce, as a module."""

from django.utils.translation import gettext_lazy as _

from clicktrail.control.assistant.shape import COOKIE, Piece, Shop

_FOLDER = "app/code/Clicktrail/Tracking"
_VIEW = f"{_FOLDER}/view/frontend"

SHOP = Shop(
    key="magento",
    title="Magento 2",
    language="php",
    order="$order->getIncrementId()",
    amount="$order->getGrandTotal() - $order->getTaxAmount() - $order->getShippingAmount()",
    places=(COOKIE,),
    keep=(
        Piece(f"{_FOLDER}/registration.php", "php", _("A module: these files under the shop’s own folder.")),
        Piece(f"{_FOLDER}/etc/module.xml", "xml", _("Its name, and what it needs.")),
        Piece(f"{_FOLDER}/etc/csp_whitelist.xml", "xml", _("Lets the pages load the script and the pixel.")),
        Piece(f"{_FOLDER}/Model/Calls.php", "php", _("What both calls use.")),
        Piece(f"{_VIEW}/layout/default.xml", "xml", _("Puts the script on every page.")),
        Piece(f"{_VIEW}/templates/script.phtml", "html", _("The script that keeps the ClickID.")),
    ),
    pixel=(
        Piece(f"{_FOLDER}/ViewModel/Pixel.php", "php", _("Makes the pixel of the order.")),
        Piece(f"{_VIEW}/layout/checkout_onepage_success.xml", "xml", _("Puts it on the success page.")),
        Piece(f"{_VIEW}/templates/pixel.phtml", "php", _("Shows it there.")),
    ),
    server=(
        Piece(f"{_FOLDER}/etc/events.xml", "xml", _("Listens for orders that were placed.")),
        Piece(
            f"{_FOLDER}/Observer/OrderPlaced.php",
            "php",
            _(
                "Then: bin/magento module:enable Clicktrail_Tracking, bin/magento setup:upgrade, "
                "bin/magento cache:flush; in production mode also setup:di:compile and setup:static-content:deploy."
            ),
        ),
    ),
    notes={
        "amount": _(
            "Grand total less tax less shipping: discounts are taken off already. Where the shop sells in several "
            "currencies, take the base amounts (getBaseGrandTotal and so on) and getBaseCurrencyCode in Calls.php: an "
            "amount in another currency than the program’s is not booked."
        ),
        "consent": _(
            "The script keeps the ClickID in a cookie of the shop. In cookie restriction mode add "
            'data-consent="wait" to the tag and call clicktrail.consent() once the visitor has agreed.'
        ),
        "reload": _(
            "The success page shows the last order once. A second call of the same order is a duplicate and counts "
            "nothing."
        ),
        "test": _(
            "Varnish and the full page cache swallow nothing: the ClickID is kept by the browser. With a checkout of "
            "another vendor, look whether it still has the page checkout_onepage_success; the server call works "
            "without it."
        ),
    },
)
