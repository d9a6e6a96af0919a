"""Pages of the demo shop: each function gives one whole HTML page."""

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from string import Template

from clicktrail.demo.drawings import drawing
from clicktrail.demo.goods import BY_SLUG, GOODS, SHIPPING_CENTS, TAX_PERCENT, Good, money, net_cents
from clicktrail.demo.links import Link
from clicktrail.demo.visits import Order, Visit

NAME = "Hollybrook Coffee"

_PAGE = Template(files("clicktrail.demo").joinpath("static/page.html").read_text("utf-8"))


def page(title: str, visit: Visit, body: str) -> str:
    clickid = f'<code id="clickid">{escape(visit.clickid)}</code>' if visit.clickid else "none, no partner sent it"
    return _PAGE.substitute(title=escape(title), name=NAME, pieces=visit.pieces, body=body, clickid=clickid)


def home(visit: Visit) -> str:
    hero = (
        '<section class="hero"><div><h1>Coffee, roasted on Tuesdays, gone by Friday.</h1>'
        "<p>A small roastery with three coffees, a potter next door, and nothing that we would not use ourselves.</p>"
        f'<a class="button" href="/goods/first-box">Start with The First Box</a></div>{drawing(GOODS[0])}</section>'
    )
    tiles = "".join(_tile(good) for good in GOODS)
    return page("Fresh from the drum", visit, f'{hero}<h2>On the shelf</h2><ul class="goods">{tiles}</ul>')


def _tile(good: Good) -> str:
    return (
        f'<li class="good"><a href="/goods/{good.slug}"><div class="well">{drawing(good)}</div></a><div class="text">'
        f'<h3><a href="/goods/{good.slug}">{good.name}</a></h3><p>{good.line}</p>'
        f'<div class="row">{_price(good.cents)}{_add(good, "Add")}</div></div></li>'
    )


def product(visit: Visit, good: Good) -> str:
    return page(good.name, visit, (
        f'<div class="product"><div class="shown">{drawing(good)}</div><div><h1>{good.name}</h1>'
        f'<p class="lede">{good.line}</p><p>{good.text}</p><p>{_price(good.cents)} '
        f'<span class="note">with {TAX_PERCENT} % tax, plus shipping</span></p>'
        f'{_add(good, "Add to basket")}</div></div>'
    ))  # fmt: skip


def _price(cents: int) -> str:
    return f'<span class="price">€ {money(cents)}</span>'


def _add(good: Good, label: str) -> str:
    return (
        f'<form method="post" action="/basket"><input type="hidden" name="good" value="{good.slug}">'
        f'<input type="hidden" name="change" value="1"><button>{label}</button></form>'
    )


def basket(visit: Visit) -> str:
    if not visit.basket:
        return page(
            "Basket", visit, '<h1>Your basket</h1><p>Still empty.</p><a class="button" href="/">To the shelf</a>'
        )
    return page("Basket", visit, (
        f'<h1>Your basket</h1><div class="two"><div class="card">{_lines(visit, editable=True)}</div>'
        f'<div class="card">{_sum(visit)}<a class="button" href="/checkout">To the checkout</a></div></div>'
    ))  # fmt: skip


def _lines(visit: Visit, *, editable: bool) -> str:
    head = "<tr><th>Item</th><th>Pieces</th><th>Price</th></tr>"
    return (
        f"<table>{head}{''.join(_line(BY_SLUG[slug], count, editable) for slug, count in visit.basket.items())}</table>"
    )


def _line(good: Good, count: int, editable: bool) -> str:
    pieces = f"{_step(good, -1, '−')} {count} {_step(good, 1, '+')}" if editable else str(count)
    return f'<tr><td>{good.name}</td><td class="pieces">{pieces}</td><td>€ {money(good.cents * count)}</td></tr>'


def _step(good: Good, change: int, sign: str) -> str:
    label = f"one {'more' if change > 0 else 'less'} {good.name}"
    return (
        f'<form method="post" action="/basket"><input type="hidden" name="good" value="{good.slug}">'
        f'<input type="hidden" name="change" value="{change}"><button class="quiet" aria-label="{label}">'
        f"{sign}</button></form>"
    )


def goods_cents(visit: Visit) -> int:
    return sum(BY_SLUG[slug].cents * count for slug, count in visit.basket.items())


def _sum(visit: Visit) -> str:
    goods = goods_cents(visit)
    return (
        f"<table><tr><td>Goods</td><td>€ {money(goods)}</td></tr>"
        f"<tr><td>Shipping</td><td>€ {money(SHIPPING_CENTS)}</td></tr>"
        f'<tr class="total"><td>Total</td><td>€ {money(goods + SHIPPING_CENTS)}</td></tr></table>'
        f'<p class="note">Net revenue that is reported: € {money(net_cents(goods))}, without tax and shipping.</p>'
    )


def checkout(visit: Visit) -> str:
    return page("Checkout", visit, (
        '<h1>Checkout</h1><div class="two"><form class="card" method="post" action="/checkout">'
        '<label>Name <input name="name" autocomplete="off" value="Ada Example" required></label>'
        '<label>E-mail <input name="mail" type="email" autocomplete="off" value="ada@mail.example" required></label>'
        '<label>Address <input name="address" autocomplete="off" value="1 Harbour Street, 20457 Hamburg"></label>'
        '<p class="note">Nothing is stored or sent, nothing is charged: this is a demo.</p>'
        f'<button>Order with obligation to sip</button></form>'
        f'<div class="card">{_lines(visit, editable=False)}{_sum(visit)}</div></div>'
    ))  # fmt: skip


def newsletter(visit: Visit) -> str:
    return page("Newsletter", visit, (
        '<h1>One letter a month</h1><p class="lede">What we roasted, what we burnt, and what is new on the shelf.</p>'
        '<form class="card" method="post" action="/newsletter"><label>E-mail <input name="mail" type="email" '
        'autocomplete="off" value="ada@mail.example" required></label><button>Sign me up</button></form>'
        '<p class="note">For the partner this is a Lead: a fixed amount, no revenue.</p>'
    ))  # fmt: skip


def thanks(visit: Visit, order: Order, pixel: str) -> str:
    """The confirmation page: the pixel is an ordinary image, the call of the server has been made already."""
    lines = "".join(
        f"<tr><td>{count} x {name}</td><td>€ {money(cents)}</td></tr>" for name, count, cents in order.lines
    )
    bill = f"<table>{lines}{_total(order)}</table>"
    return page("Thank you", visit, (
        f'<h1>Thank you!</h1><p class="lede">Your order number is <code id="tid">{order.tid}</code>.</p>'
        f'{bill if order.lines else ""}{_verdict(order)}'
        f'<img id="pixel" src="{escape(pixel)}" width="1" height="1" alt="">'
    ))  # fmt: skip


def _total(order: Order) -> str:
    return f'<tr class="total"><td>Total with shipping</td><td>€ {money(order.total_cents)}</td></tr>'


def _verdict(order: Order) -> str:
    told = order.told
    mood = "good-news" if told.reason == "saved" else "bad-news"
    saved = f"transaction {escape(told.transaction)}" if told.transaction else "no transaction"
    return (
        '<section class="card verdict"><h2>Behind the scenes</h2><dl>'
        f"<dt>ClickID</dt><dd><code>{escape(order.clickid) or '–'}</code></dd>"
        f"<dt>Reported</dt><dd>product {order.product}, net revenue € {money(order.net_cents)}</dd>"
        f'<dt>Call of the shop\'s server</dt><dd><span class="tag {mood}" id="reason">'
        f"{escape(told.reason) or 'out of reach'}</span> "
        f'<span id="transaction">{saved}</span><br>{escape(told.message)}</dd>'
        "<dt>Pixel on this page</dt><dd>the same order once more, from the browser: the log calls it a "
        "duplicate, and it counts nothing. Where the first call was discarded, so is this one.</dd></dl></section>"
    )


def partners(visit: Visit, edge: str, shown: Iterable[Link]) -> str:
    cards = "".join(_partner(link, edge) for link in shown)
    return page("Partners", visit, (
        '<h1>Partners who link here</h1><p class="lede">Each button is a partner\'s link through the tracking server. '
        f'Click one, place an order, then look at the log in the console.</p><div class="partners">{cards}</div>'
    ))  # fmt: skip


def _partner(link: Link, edge: str) -> str:
    return (
        f'<article class="card partner"><h3>{escape(link.place)}</h3>'
        f'<p class="by">{escape(link.name)}, partner {link.partner}</p>'
        f'<p class="note">What comes of an order: {escape(link.outcome)}.</p>'
        f'<a class="button" href="{escape(link.url(edge))}">Visit {NAME}</a></article>'
    )


def missing(visit: Visit) -> str:
    return page("Not here", visit, '<h1>Not on this shelf</h1><a class="button" href="/">To the shop</a>')
