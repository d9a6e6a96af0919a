"""Drawings of the goods as inline SVG: the shop needs no picture files and no network."""

from clicktrail.demo.goods import Good

_BAG = """<path d="M62 52h76l10 24v108a10 10 0 0 1-10 10H62a10 10 0 0 1-10-10V76z" fill="{tint}"/>
<path d="M62 52h76l10 24H52z" fill="#0003"/>
<path d="M66 44h68v10H66z" fill="{tint}"/>
<path d="M66 44h68v10H66z" fill="#0005"/>
<rect x="66" y="98" width="68" height="62" rx="4" fill="#fdf8ef"/>
<path d="M100 106c9 0 13 7 13 14s-4 14-13 14-13-7-13-14 4-14 13-14zm-2 3c-5 6 7 15 1 22"
 fill="{tint}" stroke="#fdf8ef" stroke-width="2.4"/>
<path d="M78 144h44M84 151h32" stroke="#7a6c5c" stroke-width="3" stroke-linecap="round"/>"""

_DRIPPER = """<path d="M48 74h104l-30 62H78z" fill="{tint}"/>
<path d="M48 74h104l-5 11H53z" fill="#fff4"/>
<path d="M146 84c26-2 24 34-10 28" fill="none" stroke="{tint}" stroke-width="9" stroke-linecap="round"/>
<rect x="66" y="134" width="68" height="9" rx="4.5" fill="{tint}"/>
<rect x="66" y="134" width="68" height="9" rx="4.5" fill="#0003"/>
<path d="M80 143h40l-4 49a6 6 0 0 1-6 5H90a6 6 0 0 1-6-5z" fill="#fff8" stroke="#0002"/>
<path d="M83 170h34l-2 22a6 6 0 0 1-6 5H91a6 6 0 0 1-6-5z" fill="#5b3623"/>
<path d="M86 62c0-9 9-9 9-19M106 62c0-9 9-9 9-19"
 fill="none" stroke="#0002" stroke-width="4" stroke-linecap="round"/>"""

_MUG = """<path d="M58 82h76v86a16 16 0 0 1-16 16H74a16 16 0 0 1-16-16z" fill="{tint}"/>
<path d="M133 100c32-8 32 48 0 42" fill="none" stroke="{tint}" stroke-width="10"/>
<rect x="54" y="76" width="84" height="10" rx="5" fill="#fdf8ef"/>
<rect x="54" y="76" width="84" height="10" rx="5" fill="#0001"/>
<path d="M70 104v50" stroke="#fff5" stroke-width="7" stroke-linecap="round"/>
<path d="M82 64c0-9 9-9 9-19M104 64c0-9 9-9 9-19"
 fill="none" stroke="#0002" stroke-width="4" stroke-linecap="round"/>"""

_BOX = """<path d="M42 98l58-26 58 26v66l-58 28-58-28z" fill="{tint}"/>
<path d="M42 98l58 27 58-27v66l-58 28-58-28z" fill="#0002"/>
<path d="M100 125v67l58-28V98z" fill="#0002"/>
<path d="M70 85l58 27v26l-12 5v-26L58 91z" fill="#fdf8efcc"/>"""

_BY_KIND = {"bag": _BAG, "dripper": _DRIPPER, "mug": _MUG, "box": _BOX}


def drawing(good: Good) -> str:
    """One picture, 200 x 220 units, scaled by the page."""
    body = _BY_KIND[good.kind].replace("{tint}", good.tint)
    return (
        f'<svg class="drawing" viewBox="0 0 200 220" role="img" aria-label="{good.name}">'
        f'<ellipse cx="100" cy="199" rx="62" ry="8" fill="#0002"/>{body}</svg>'
    )
