"""Shopify: a theme's snippet, a custom pixel, and a webhook for who has a server."""

from django.utils.translation import gettext_lazy as _

from clicktrail.control.assistant.shape import COOKIE, Piece, Shop

SHOP = Shop(
    key="shopify",
    title="Shopify",
    language="js",
    order="sale.id",
    amount="sale.net",
    places=(COOKIE,),
    signs_pixel=False,
    keep=(
        Piece(
            "theme.liquid",
            "js",
            _("Online store, Themes, Edit code, layout/theme.liquid: before the end of the head."),
        ),
    ),
    pixel=(
        Piece(
            "custom-pixel.js",
            "js",
            _("Settings, Customer events, Add custom pixel: paste it, save, and connect it."),
        ),
    ),
    server=(
        Piece(
            "order-webhook.mjs",
            "js",
            _(
                "On a server of yours. Then Settings, Notifications, Webhooks: event “Order creation”, format JSON, "
                "its address."
            ),
        ),
    ),
    notes={
        "amount": _(
            "Subtotal after discounts, less its share of the tax where your prices include it; without shipping. "
            "Pixel and webhook compute it in the same way. The variable sale has id, net, subtotal, tax, shipping and "
            "total."
        ),
        "consent": _(
            "Set the custom pixel’s permission as your consent needs it: Shopify then holds it back by itself. For "
            'the theme’s script add data-consent="wait" and call clicktrail.consent() once consent is given.'
        ),
        "reload": _(
            "Shopify sends checkout_completed once; the webhook may come twice. Both use the order’s id, which counts "
            "once, for ever."
        ),
        "test": _(
            "The ClickID travels as an attribute of the cart and stands with the order under “Additional details”. An "
            "ad blocker may stop the pixel; “Buy now” buttons skip the cart page, but not its attributes."
        ),
    },
)
