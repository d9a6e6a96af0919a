"""The shop systems: one file each, one line each in the table. How to add one stands in `shape.py`."""

from collections.abc import Mapping

from clicktrail.control.assistant.shape import Shop
from clicktrail.control.assistant.shops import gtm, html, magento, node, php, python, shopify, shopware, woocommerce

SHOPS: Mapping[str, Shop] = {
    shop.key: shop
    for shop in (
        html.SHOP,
        php.SHOP,
        python.SHOP,
        node.SHOP,
        woocommerce.SHOP,
        shopware.SHOP,
        shopify.SHOP,
        magento.SHOP,
        gtm.SHOP,
    )
}
"""In the order in which they are offered."""
