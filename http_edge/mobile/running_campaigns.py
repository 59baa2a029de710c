"""Running campaigns as cards: those that end first. Running: begun and not ended."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec
from msgspec import Raw

from http_edge.mobile.blocks import Block, are_ready, if_readable, shows_own_writes, within_time, wrote_in
from http_edge.mobile.home_cards import campaign_card
from http_edge.mobile.recent import Recent
from http_edge.routing.asked import Asked
from http_edge.routing.composed import FirstLook
from http_edge.web.browse.campaigns import CAMPAIGNS, campaigns_of
from http_edge.wire.preferences import Language
from stores.listed import Span
from topics import keys
from topics.documents.browse import Campaign

SHOWN = 5
LOOKED_AT = 20  # campaigns of one slice of the index, which is sorted by their ends
LOOK_BYTES = 64 * 1024  # of the documents of a slice; with larger ones it is shorter
LOOKS = 50
"""Slices that are read at most. The first ones may hold no running campaign: hundreds that begin and end at the weekend come
before those that run all month."""
REMEMBERED = 1000  # cards, of some hundred bytes each, with their campaigns of at most 8 KB

_found: Recent[None, Sequence[str]] = Recent()


def remembered(look: FirstLook) -> Sequence[str] | None:
    """Members of the index that this process found within the last seconds (recent.py). None: they must be looked for."""
    if wrote_in(look, (CAMPAIGNS,)) or not are_ready(look, (CAMPAIGNS,)):
        return None
    return _found.get(None, asyncio.get_running_loop().time())


async def find(asked: Asked, look: FirstLook) -> Sequence[str] | None:
    """Members of the index `campaigns`, see keys.name_of_part. None: they cannot be found now."""
    return await within_time("campaigns", _find(asked, look))


async def _find(asked: Asked, look: FirstLook) -> Sequence[str] | None:
    """Raises Unavailable, and MsgspecError over a document of another shape."""
    if not await shows_own_writes(asked, look, (CAMPAIGNS,)):
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
    """Keys of their documents."""
    return [keys.document(CAMPAIGNS.name, member.partition("/")[0]) for member in members]


def block(asked: Asked, members: Sequence[str] | None, documents: Mapping[str, bytes | None] | None) -> Block | None:
    """documents: key → value. None if `members` or `documents` is None, or one cannot be decoded."""
    if members is None or documents is None:
        return None
    return if_readable("campaigns", lambda: _cards(asked, members, documents))


def _cards(asked: Asked, members: Sequence[str], documents: Mapping[str, bytes | None]) -> Block:
    """Raises MsgspecError."""
    now, depends_on, shown = asked.edge.clock(), list[str](), list[Raw]()
    for member, place in zip(members, places(members), strict=True):
        value = documents.get(place)
        campaign = _running(member, value, now)
        if value is not None and campaign is not None:
            depends_on.append(f"{member}@{keys.split(value)[0]}")
            shown.append(_card(campaign, asked.language))
    return Block(depends_on, shown)


@lru_cache(REMEMBERED)
def _card(campaign: Campaign, language: Language) -> Raw:
    """The JSON of a card. Cached: all phones are shown the same few campaigns."""
    return Raw(msgspec.json.encode(campaign_card(campaign, language)))


def _running(member: str, value: bytes | None, now: float) -> Campaign | None:
    body = b"" if not value else keys.split(value)[1]
    wanted = keys.name_of_part(member)
    found = next((each for each in campaigns_of(body) if each.id == wanted), None) if body else None
    return found if found is not None and found.start_date.timestamp() <= now < found.end_date.timestamp() else None
