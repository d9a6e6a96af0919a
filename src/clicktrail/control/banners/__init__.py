"""Banners: pictures of creatives, kept as files of the data folder, shown on partners' pages.

`pictures.py` reads an upload and says what is kept of it, `shelf.py` puts it into the folder and beside its
creative, `serving.py` answers browsers; `markup.py` writes what a partner copies into his page.
"""
