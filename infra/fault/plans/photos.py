"""Logos that the owner of a plan's restaurants uploads under the load: their bytes lie in MongoDB before it begins."""

from collections.abc import Sequence
from random import Random

from infra.demo.drawing import plate
from infra.fault.plans.plan import Town
from infra.fault.plans.planned import Planned, planned
from stores.mongo import connection
from stores.mongo.photos import Photos
from topics.contracts import photo_commands
from topics.contracts.photo_commands import AddPhoto, photo_of

LOGOS = 8
"""One a restaurant, and fewer than may wait to be checked at a time: none is refused."""


async def uploads(mongo_url: str) -> list[str]:
    """In quarantine, as the edge leaves them. Raises Unavailable."""
    client = connection.connect(mongo_url, "fault")
    photos, named = Photos(client), list[str]()
    try:
        await photos.prepare()
        for number in range(LOGOS):
            writing = photos.upload()
            await writing.write(plate(f"logo {number}"))
            await writing.close()
            named.append(writing.id)
    finally:
        client.close()
    return named


def with_logos(plan: Sequence[Planned], town: Town, uploaded: Sequence[str], random: Random) -> list[Planned]:
    """The plan, with the commands for these uploads evenly among the others."""
    made, apart = list(plan), len(plan) // (len(uploaded) + 1)
    for place, (upload, restaurant) in reversed(list(enumerate(zip(uploaded, town.restaurants, strict=False), 1))):
        add = AddPhoto(upload=upload, subject="restaurant", subject_id=restaurant, restaurant_id=restaurant)
        made.insert(place * apart, planned(random, photo_commands.TOPIC, photo_of(upload), add, town.owner))
    return made
