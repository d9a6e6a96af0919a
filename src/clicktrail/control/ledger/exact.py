"""Sums that no stored figure can overflow.

SQLite refuses a sum that leaves 64 bits ("integer overflow"); PostgreSQL does not. Reports use the plain sum, which is
twice as fast, and this one where the plain one is refused.
"""

from typing import Any

from django.db import OperationalError
from django.db.models import Aggregate, BigIntegerField, Sum


class OutOfRange(Exception):
    """A plain sum has left 64 bits."""


class ExactSum(Aggregate):
    """Like Sum of an integer column, without an end of its range. Not to be ordered by: see RoughSum."""

    function, name = "SUM", "Sum"
    output_field = BigIntegerField()

    @staticmethod
    def convert_value(value: Any, _expression: Any, _connection: Any) -> int | None:
        """Reads "high:low" as the integer high * 2^32 + low."""
        if not isinstance(value, str):
            return None if value is None else int(value)
        high, _, low = value.partition(":")
        return (int(high) << 32) + int(low)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "SUM(%(expressions)s >> 32) || ':' || SUM(%(expressions)s & 4294967295)"
        return self.as_sql(compiler, connection, template=template, **context)


class RoughSum(Sum):
    """To order by: as a floating-point number on SQLite."""

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="TOTAL", **context)


def is_overflow(fault: OperationalError) -> bool:
    return "integer overflow" in str(fault)
