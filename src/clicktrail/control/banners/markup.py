"""What a partner copies into his page: HTML for a text link or a banner, with everything escaped."""

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clicktrail.control.banners.models import Banner


def banner_address(banner: Banner) -> str:
    """As the world sees it."""
    base = settings.CLICKTRAIL.public_url.rstrip("/") or f"http://{settings.CLICKTRAIL.console}"
    return f"{base}/banner/{banner.name}"


def text_html(link: str, text: str) -> SafeString:
    return format_html('<a href="{}" rel="sponsored">{}</a>', link, text)


def banner_html(link: str, banner: Banner, name: str) -> SafeString:
    """`name`: of the creative, where the picture has no words of its own."""
    return format_html(
        '<a href="{}" rel="sponsored"><img src="{}" width="{}" height="{}" alt="{}"></a>',
        link, banner_address(banner), banner.width, banner.height, banner.alt or name,
    )  # fmt: skip
