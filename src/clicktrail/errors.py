"""Errors of the house: one tree.

ClicktrailError
 ├── SettingsError      a setting, option or variable is wrong
 ├── CatalogError       a catalog file or edit is wrong; names the line and the field
 ├── JournalError
 │    ├── JournalLocked     another process holds this node
 │    ├── JournalRefused    the disk refused; nothing was stored, try again
 │    └── JournalBroken     a file is not a journal, or not ours
 ├── LedgerError        the ledger is out of reach, older than the program, or fenced off
 │    └── LedgerAway        out of reach now; try again
 ├── ImportRefused      a file of another system cannot be taken over
 ├── ListError          an order list cannot be taken or compared
 └── StartError         a port, socket or folder is taken or missing
"""


class ClicktrailError(Exception):
    """The sentence is for people: what is wrong and the mend."""


class SettingsError(ClicktrailError):
    pass


class CatalogError(ClicktrailError):
    pass


class JournalError(ClicktrailError):
    pass


class JournalLocked(JournalError):
    pass


class JournalRefused(JournalError):
    pass


class JournalBroken(JournalError):
    pass


class LedgerError(ClicktrailError):
    pass


class LedgerAway(LedgerError):
    pass


class ImportRefused(ClicktrailError):
    pass


class ListError(ClicktrailError):
    pass


class StartError(ClicktrailError):
    pass
