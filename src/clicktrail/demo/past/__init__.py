"""Ninety days that never were: what a demo's ledger holds when it is opened for the first time.

Made the way real history is made: clicks and calls are journaled with the times at which they would have come, the
engine judges them, and what people decided goes through the function that the console uses. So totals agree, every
story can be read, and a replay comes to the same ledger.

    cast.py     who sends traffic, and what he is like
    hours.py    when: hour, weekday, growth, the campaign
    visits.py   clicks, and the orders that come of them
    slips.py    calls that go wrong, each reason now and then
    setup.py    the catalog, as it was edited over the weeks
    lives.py    what people decided about the orders
    told.py     what became of the deliveries
    office.py   accounts, alarms, the people's own traces
    fill.py     all of it, in order
"""
