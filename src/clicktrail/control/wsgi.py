"""The console as a WSGI application, for `control/serve.py` and for any other server.

CLICKTRAIL_DATA names the data folder; other settings come from it and from the environment.
"""

import os
from pathlib import Path
from typing import Any

from clicktrail.control.boot import boot
from clicktrail.control.server.limits import bodies_folder
from clicktrail.errors import SettingsError
from clicktrail.settings import Settings, load


def make_application(settings: Settings) -> Any:
    """Django's WSGI callable for one data folder."""
    boot(settings, "console")
    from django.conf import settings as django_settings
    from django.core.handlers.wsgi import WSGIHandler

    folder = bodies_folder(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    django_settings.FILE_UPLOAD_TEMP_DIR = str(folder)

    return WSGIHandler()


def __getattr__(name: str) -> Any:
    """`application` is made when a server first asks for it; our own server makes its own."""
    if name != "application":
        raise AttributeError(name)
    data = os.environ.get("CLICKTRAIL_DATA")
    if not data:
        raise SettingsError("CLICKTRAIL_DATA is not set: give it the data folder that `clicktrail init` made.")
    globals()[name] = make_application(load(Path(data)))
    return globals()[name]
