"""A file that holds a list, whatever it is: text with separators, or a sheet of a workbook."""

from clicktrail.control.reconcile import filekinds, sheet, workbook
from clicktrail.control.reconcile.filekinds import TEXT, XLSX, Unreadable
from clicktrail.control.reconcile.sheet import Sheet
from clicktrail.control.reconcile.workbook import Workbook

ListFile = Sheet | Workbook

__all__ = ("TEXT", "XLSX", "ListFile", "Unreadable", "Workbook", "read")


def read(body: bytes, sheet_name: str = "", most_rows: int = 0) -> ListFile:
    """sheet_name, most_rows: of a workbook. Raises Unreadable for what is no list."""
    head = sheet.decode_head(body, filekinds.HEAD_BYTES)
    if filekinds.kind_of(body, head) == XLSX:
        try:
            return workbook.read(body, sheet_name, most_rows)
        except workbook.CannotRead as fault:
            raise Unreadable(str(fault)) from None
    return sheet.read(body)
