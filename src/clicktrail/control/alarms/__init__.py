"""Alarms: what should have happened and did not, told in the console, by mail and to a webhook.

`silence.py` and `discards.py` decide, `causes.py` explains (all three pure), `figures.py` reads the
ledger, `rounds.py` puts them together once a minute, `book.py` keeps what was raised.
"""
