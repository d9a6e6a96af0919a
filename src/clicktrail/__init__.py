"""Clicktrail: a self-hosted tracking server for partner programs, without any cookie."""

__version__ = "0.1.0"
