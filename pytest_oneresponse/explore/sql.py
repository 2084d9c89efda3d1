"""Values that a table of SQLite's holds, sampled for the parameters of a statement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TABLE = re.compile(r"\b(?:from|join|update|into)\s+[\"`\[]?(\w+)", re.IGNORECASE)
_COMPARED = re.compile(
    r"[\"`\]]?(\w+)[\"`\]]?\s*(?:=|==|<>|!=|<=?|>=?|like|is)\s*(?:lower\(|upper\()?(\?|:\w+|%s)", re.IGNORECASE
)
_PLACE = re.compile(r"\?|%s")
_MOST = 5
_LOOKED_AT = 1000
"""So many rows: a large table is not gone through."""


Columns = dict[tuple[str, str], list[Any]]
"""What was found in the columns of tables."""


def samples(
    connection: Any, statement: Any, parameters: Any = (), known: Columns | None = None
) -> Iterator[tuple[Any, list[Any]]]:
    """Pairs of a parameter's value and values of the column that it is compared with; `known` are those asked for before."""
    known = {} if known is None else known
    if not isinstance(statement, str):
        return
    tables = _TABLE.findall(statement)
    for column, value in _compared(statement, parameters):
        for table in tables:
            if (table, column) not in known:
                known[table, column] = _column(connection, table, column)
            if found := known[table, column]:
                yield value, found
                break


def _compared(statement: str, parameters: Any) -> Iterator[tuple[str, Any]]:
    """The columns that are compared with parameters, each with the parameter's value."""
    for match in _COMPARED.finditer(statement):
        column, mark = match.groups()
        if isinstance(parameters, dict):
            yield column, parameters.get(mark[1:])
        elif isinstance(parameters, (list, tuple)):
            place = len(_PLACE.findall(statement, 0, match.start(2)))
            if place < len(parameters):
                yield column, parameters[place]


def _column(connection: Any, table: str, column: str) -> list[Any]:
    try:
        first = f'SELECT "{column}" FROM "{table}" LIMIT {_LOOKED_AT}'
        rows = connection.execute(f'SELECT DISTINCT "{column}" FROM ({first}) ORDER BY 1 LIMIT {_MOST}').fetchall()
        found = [row[0] for row in rows]
    except Exception:  # no such table, a locked or a closed database: then there is nothing to learn
        return []
    return [] if found == [column] else found  # SQLite takes a name that it does not know for a text
