"""What is known of objects that are held weakly."""

from __future__ import annotations

from typing import Any


class Known(dict[int, Any]):
    """Entries by the ids of objects, each of which begins with a weak reference to its object.

    `sweep` throws out those whose object is no more; not before there are `most`, nor before there are twice as many as
    were left the last time: so that it costs little for each entry, however many objects live.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = self.limit = most

    def sweep(self) -> None:
        if len(self) <= self.limit:
            return
        for key in [
            key for key, entry in list(self.items()) if entry[0]() is None
        ]:  # other threads add to it meanwhile
            self.pop(key, None)
        self.limit = max(self.most, 2 * len(self))
