"""Values that a table holds, sampled for the parameters of a statement of SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TABLE = re.compile(r"\b(?:from|join|update|into)\s+[\"`\[]?(\w+)", re.IGNORECASE)
_COMPARED = re.compile(
    r"[\"`\]]?(\w+)[\"`\]]?\s*(?:=|==|<>|!=|<=?|>=?|like|is)\s*(?:lower\(|upper\()?(\?|:\w+|%s)", re.IGNORECASE
)
_MOST = 5


def samples(connection: Any, statement: Any, parameters: Any = ()) -> Iterator[tuple[Any, list[Any]]]:
    """Pairs of a parameter's value and values of the column that it is compared with."""
    if not isinstance(statement, str):
        return
    tables = _TABLE.findall(statement)
    names = _COMPARED.findall(statement)
    for (column, _), value in zip(names, _values(names, parameters), strict=False):
        for table in tables:
            found = _column(connection, table, column)
            if found:
                yield value, found
                break


def _values(names: list[tuple[str, str]], parameters: Any) -> list[Any]:
    if isinstance(parameters, dict):
        return [parameters.get(mark[1:]) for _, mark in names]
    return list(parameters) if isinstance(parameters, (list, tuple)) else []


def _column(connection: Any, table: str, column: str) -> list[Any]:
    try:
        rows = connection.execute(f'SELECT DISTINCT "{column}" FROM "{table}" ORDER BY 1 LIMIT {_MOST}').fetchall()
        found = [row[0] for row in rows]
    except Exception:  # no such table, a locked or a closed database: then there is nothing to learn
        return []
    return [] if found == [column] else found  # SQLite takes a name that it does not know for a text
