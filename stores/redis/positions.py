"""Where couriers are: the last position of each delivery, in Redis alone, for as long as it says something.

Whoever follows the order hears of it by a notice of the order's timeline, as of a change of the document itself.
"""

from redis.asyncio import Redis

from stores.positioned import BETWEEN, KEPT, Outcome
from stores.redis.notices import notice
from stores.redis.reader import within
from topics import keys

# KEYS[1] the position. ARGV: its time in ms, the value, ms that it is kept, ms that it stays the only one, then the words of
# the command that tells of it.
_PUT = """
local before = redis.call('GET', KEYS[1])
if before then
    if tonumber(ARGV[1]) <= tonumber(string.match(before, '^%d+')) then return 'older' end
    if redis.call('PTTL', KEYS[1]) > ARGV[3] - ARGV[4] then return 'soon' end
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call(unpack(ARGV, 5))
return 'shown'
"""

_OUTCOMES: dict[bytes, Outcome] = {b"shown": "shown", b"older": "older", b"soon": "soon"}


class Positions:
    def __init__(self, redis: Redis) -> None:
        self._put = redis.register_script(_PUT)

    async def put(self, order_id: str, at: int, body: bytes, view: str) -> Outcome:
        """at: ms since the epoch. body: JSON for the followers of this view's document of the order. Raises Unavailable."""
        value = b"%d\n%b" % (at, body)
        arguments = (at, value, KEPT * 1000, BETWEEN * 1000, *notice(view, [order_id]))
        return _OUTCOMES[await within(lambda: self._put(keys=[keys.position(order_id)], args=arguments))]
