"""Calls that came before their click was read. No timer lets go of one: either the click comes, or its
node's journal has been read to the end in a pass begun after the call was read, and it never will."""

import json
from collections.abc import Callable, Iterable

from clicktrail.core.clickid import Reader, node_of
from clicktrail.engine.ledger import Row
from clicktrail.engine.postbacks import Call, read_call
from clicktrail.engine.proofs import proved
from clicktrail.journal.events import Postback


class WaitingRoom:
    """What the ledger holds with the reason `waiting`, in memory."""

    def __init__(self) -> None:
        self._by_click: dict[int, list[Call]] = {}
        self._by_node: dict[int, dict[int, Call]] = {}

    def __len__(self) -> int:
        return sum(len(calls) for calls in self._by_node.values())

    def calls(self) -> set[int]:
        return {id for calls in self._by_node.values() for id in calls}

    def restore(self, rows: Iterable[Row], read_clickid: Reader) -> None:
        """From the log, after a start: any later pass over the node's journal may settle them."""
        for row in rows:
            self.add(read_call(_event(row), read_clickid, tick=0, waited=True))

    def add(self, call: Call) -> None:
        if call.click_id is None:
            raise ValueError(f"call {call.event.id} names no click and must not wait")
        call.waited = True
        self._by_click.setdefault(call.click_id, []).append(call)
        self._by_node.setdefault(node_of(call.click_id), {})[call.event.id] = call

    def remove(self, call: Call) -> None:
        assert call.click_id is not None  # noqa: S101 - add() saw to it
        node = node_of(call.click_id)
        if self._by_node.get(node, {}).pop(call.event.id, None) is None:
            return
        if not self._by_node[node]:
            del self._by_node[node]
        left = [other for other in self._by_click[call.click_id] if other.event.id != call.event.id]
        if left:
            self._by_click[call.click_id] = left
        else:
            del self._by_click[call.click_id]

    def ready(self, arrived: Iterable[int], read_to_end: Callable[[int], int], limit: int) -> list[Call]:
        """At most so many calls that can be judged now, oldest first."""
        found = {call.event.id: call for id in self._by_click.keys() & set(arrived) for call in self._by_click[id]}
        for node, calls in self._by_node.items():
            if len(found) >= limit:
                break
            end = read_to_end(node)
            if end:
                found.update((id, call) for id, call in calls.items() if call.tick < end)
        return [found[id] for id in sorted(found)[:limit]]


def _event(row: Row) -> Postback:
    id, at_ms, _, method, source, actor, params, fault, ip, agent, referrer, catalog, proofs, again, arrived_ms = row
    return Postback(
        id, 0, at_ms, catalog, method, json.loads(params or "{}"), fault, ip or "", agent or "", referrer or "",
        source, actor, again=again or 0, arrived_ms=arrived_ms or 0, **proved(proofs),
    )  # fmt: skip
