"""A verdict reaches its receivers: once, whole, and with a signature that holds."""

import asyncio
import hashlib
import hmac

from support.couriers import Post, at_work, seen
from support.ledgers import Place
from support.listener import Listener

from clicktrail import keys
from clicktrail.control.outbox.secrets import secret_of


def test_a_saved_transaction_reaches_its_partner_once(ledger: Place) -> None:
    async def scene() -> None:
        async with Listener() as listener:
            post = Post(ledger)
            post.add(listener.url("/p?t=<% TID %>&s={subid}&c=<%COMMISSION%>&e={status}"))
            post.publish()
            post.orders("A-1")
            async with at_work(ledger, listener):
                await seen(lambda: post.states() == {"delivered": 1}, "delivered")
            [got] = listener.got
            assert got.target.startswith("/p?t=A-1&s=sub%2F1%20%C3%A4&c=10.00&e=open&ct_time=")
            signed, _, signature = got.target.partition("?")[2].partition("&ct_sig=")
            secret = secret_of(keys.load(ledger.settings.keys_folder), "postback", 1, 1, "0123456789abcdef")
            assert hmac.new(secret, signed.encode(), hashlib.sha256).hexdigest() == signature
            assert post.log() == [("answer", 200, "")]

    asyncio.run(scene())
