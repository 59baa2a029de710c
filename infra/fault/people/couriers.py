"""Couriers who bring orders, by the edge: as they should, twice, too early, not at all; and strangers who try."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from infra.fault.people.customers import Edge

WAYS = {
    "brings": 0.4, "brings, and says all twice": 0.15, "says too early that it is there": 0.1, "fails": 0.12,
    "gives up before the pickup": 0.08, "declines": 0.05, "silent": 0.05, "a stranger tries first": 0.05,
}  # fmt: skip
NOT_YET = frozenset({"not_found", "order_not_accepted"})
"""The delivery of an order is not known yet."""
ACCEPT, PICKUP, DELIVERED, FAILED, DECLINE = "accept", "pickup", "delivered", "failed", "decline"


class Couriers:
    """people: their ids. owner: of all restaurants. ways: what they did. answers: of the edge to their acts, `act status`.
    wrong: answers that should not be."""

    def __init__(self, edge: Edge, people: Sequence[str], owner: str, random: Random) -> None:
        self._edge = edge
        self._people = people
        self._owner = owner
        self._random = random
        self.ways = Counter[str]()
        self.answers = Counter[str]()
        self.wrong: list[str] = []

    async def sign_up(self) -> None:
        for courier in self._people:
            await self._edge.ask(courier, "POST", "/couriers", {"name": "Deniz"})

    async def bring(self, order: str) -> None:
        """Whatever they do. Raises nothing: what they forget, the order's own timer does."""
        courier = self._random.choice(self._people)
        if not await self._offered(order, courier):
            return
        way = self._random.choices([*WAYS], [*WAYS.values()])[0]
        self.ways[way] += 1
        match way:
            case "brings, and says all twice":
                acts = (ACCEPT, ACCEPT, PICKUP, PICKUP, DELIVERED, DELIVERED)
            case "says too early that it is there":
                acts = (DELIVERED, ACCEPT, DELIVERED, PICKUP, DELIVERED)
            case "fails":
                acts = (ACCEPT, PICKUP, FAILED)
            case "gives up before the pickup":
                acts = (ACCEPT, FAILED)
            case "declines":
                acts = (DECLINE,)
            case "silent":
                acts = ()
            case "a stranger tries first":
                await self._strangers(order, courier)
                acts = (ACCEPT, PICKUP, DELIVERED)
            case _:
                acts = (ACCEPT, PICKUP, DELIVERED)
        for act in acts:
            await self._act(order, courier, act)

    async def _offered(self, order: str, courier: str) -> bool:
        path, wish = f"/orders/{order}/courier", {"courier_id": courier}
        status, said = await self._edge.ask_until_known(self._owner, path, wish, NOT_YET)
        if status < 300:
            return True
        self.answers["offer never possible" if said.get("code") in NOT_YET else f"offer {status}"] += 1
        return False

    async def _act(self, order: str, courier: str, act: str) -> None:
        body: dict[str, Any] = {"reason": "kapı açılmadı"} if act == FAILED else {}
        status, _ = await self._edge.ask(courier, "POST", f"/deliveries/{order}/{act}", body)
        self.answers[f"{act} {status}"] += 1

    async def _strangers(self, order: str, courier: str) -> None:
        """Another courier finds no such delivery."""
        stranger = self._random.choice([each for each in self._people if each != courier])
        for act in (ACCEPT, DELIVERED):
            status = await self._edge.ask_until_done(stranger, f"/deliveries/{order}/{act}", {})
            if status != 404:
                self.wrong.append(f"{order}: {act} by a stranger: {status}")
