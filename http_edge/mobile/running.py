"""Campaigns that run now, as cards: those that end first."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec
from msgspec import Raw

from http_edge.mobile.blocks import Block, are_ready, made, shows_own_writes, within_time, wrote_in
from http_edge.mobile.home_cards import campaign_card
from http_edge.mobile.recent import Recent
from http_edge.routing.asked import Asked
from http_edge.routing.composed import Looked
from http_edge.web.browse.campaigns import CAMPAIGNS, campaigns_of
from http_edge.wire.preferences import Language
from stores.listed import Span
from topics import keys
from topics.documents.browse import Campaign

SHOWN = 5
LOOKED_AT = 20  # in one slice, those that end first
LOOK_BYTES = 64 * 1024  # of their documents; a slice that has larger ones is shorter
LOOKS = 50
"""Slices, at most: what is announced for the weekend ends before what runs all month, and may be hundreds of campaigns."""
REMEMBERED = 1000  # cards, of some hundred bytes, with their campaigns of at most 8 KB

_found: Recent[None, Sequence[str]] = Recent()


def known(looked: Looked) -> Sequence[str] | None:
    """Members of the index that were found a moment ago; None: they have to be looked for."""
    if wrote_in(looked, (CAMPAIGNS,)) or not are_ready(looked, (CAMPAIGNS,)):
        return None
    return _found.get(None, asyncio.get_running_loop().time())


async def find(asked: Asked, looked: Looked) -> Sequence[str] | None:
    """None: they cannot be found now."""
    return await within_time("campaigns", _find(asked, looked))


async def _find(asked: Asked, looked: Looked) -> Sequence[str] | None:
    """Raises Unavailable, and MsgspecError over a document of another shape."""
    if not await shows_own_writes(asked, looked, (CAMPAIGNS,)):
        return None
    now, running = asked.edge.clock(), list[str]()
    span = Span(keys.campaigns(None), CAMPAIGNS.name, lowest=now, entries=LOOKED_AT, size=LOOK_BYTES)
    for _ in range(LOOKS):
        found = await asked.edge.lists.read(span)
        entries = zip((each.decode() for each in found.members), found.documents, strict=True)
        running += [member for member, value in entries if _running(member, value, now) is not None]
        if len(running) >= SHOWN or not found.more:
            break
        span = span._replace(after=found.place(len(found.members) - 1))
    running = running[:SHOWN]
    _found.keep(None, running, asyncio.get_running_loop().time())
    return running


def places(members: Sequence[str]) -> list[str]:
    """Of their documents."""
    return [keys.document(CAMPAIGNS.name, member.partition("/")[0]) for member in members]


def listed(asked: Asked, members: Sequence[str] | None, documents: Mapping[str, bytes | None] | None) -> Block | None:
    """documents: by place. None: neither is known now."""
    if members is None or documents is None:
        return None
    return made("campaigns", lambda: _cards(asked, members, documents))


def _cards(asked: Asked, members: Sequence[str], documents: Mapping[str, bytes | None]) -> Block:
    """Raises MsgspecError."""
    now, facts, shown = asked.edge.clock(), list[str](), list[Raw]()
    for member, place in zip(members, places(members), strict=True):
        value = documents.get(place)
        campaign = _running(member, value, now)
        if value is not None and campaign is not None:
            facts.append(f"{member}@{keys.split(value)[0]}")
            shown.append(_card(campaign, asked.language))
    return Block(facts, shown)


@lru_cache(REMEMBERED)
def _card(campaign: Campaign, language: Language) -> Raw:
    """The JSON of a card. Cached: all phones are shown the same few campaigns."""
    return Raw(msgspec.json.encode(campaign_card(campaign, language)))


def _running(member: str, value: bytes | None, now: float) -> Campaign | None:
    body = b"" if not value else keys.split(value)[1]
    wanted = keys.name_of_part(member)
    found = next((each for each in campaigns_of(body) if each.id == wanted), None) if body else None
    return found if found is not None and found.start_date.timestamp() <= now < found.end_date.timestamp() else None
