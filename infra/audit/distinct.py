"""Tells which events went out twice."""

from infra.audit.topic_log import Entry


class Distinct:
    """Events of an aggregate come in the order of their versions."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], int] = {}

    def is_new(self, event: Entry) -> bool:
        place = event.domain, event.aggregate
        if event.version <= self._seen.get(place, 0):
            return False
        self._seen[place] = event.version
        return True
