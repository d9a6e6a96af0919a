"""WooCommerce, as a plugin of its own, so that a new theme takes nothing away."""

from django.utils.translation import gettext_lazy as _

from clicktrail.control.assistant.shape import COOKIE, Piece, Shop

SHOP = Shop(
    key="woocommerce",
    title="WooCommerce",
    language="php",
    order="$order->get_order_number()",
    amount="$order->get_total() - $order->get_total_tax() - (float) $order->get_shipping_total()",
    places=(COOKIE,),
    keep=(
        Piece(
            "clicktrail/clicktrail.php",
            "php",
            _("A plugin: put the folder into wp-content/plugins and activate “Clicktrail”. The other steps use it."),
        ),
    ),
    pixel=(Piece("clicktrail/pixel.php", "php", _("Beside it, in the same folder; it is found by itself.")),),
    server=(Piece("clicktrail/server-call.php", "php", _("Beside it, in the same folder; it is found by itself.")),),
    notes={
        "amount": _(
            "Total less tax less shipping: coupons are taken off already, fees are still in it. Both calls take the "
            "amount from the same line, so they never differ. A plugin for order numbers is respected."
        ),
        "consent": _(
            "The script keeps the ClickID in a cookie of the shop. Where that needs consent, add "
            "'data-consent' => 'wait' to the tag and call clicktrail.consent() from your consent plugin."
        ),
        "reload": _(
            "“Order received” may be opened again from the mail: the second call is a duplicate and counts nothing. "
            "The server call is made once an order and marks that on the order."
        ),
        "test": _(
            "Exclude nothing from the cache: the ClickID is kept by the browser, not by PHP. Pay the test order with "
            "a method that is really used; the server call comes with the status Processing. Its tries stand under "
            "WooCommerce, Status, Scheduled actions."
        ),
    },
)
