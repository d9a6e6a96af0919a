"""The HTTP server of the console's process: aiohttp reads requests, a few threads run Django.

`connections.py` holds deadlines and caps of a connection, `bodies.py` decides how much body a request may
bring and keeps it, `environ.py` and `answers.py` translate to and from WSGI, `front.py` joins them.

A request reaches a thread when it is complete, and an answer leaves the thread when it is complete or on
disk. So neither a slow sender nor a slow reader holds one.
"""
