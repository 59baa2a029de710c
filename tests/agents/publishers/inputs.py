"""What a hostile or clumsy publisher sends, made of a good message of any topic."""

import gzip
from collections.abc import Callable, Sequence

from tests.foreign import CODECS, Foreign, batch
from topics.messages import headers

Header = tuple[bytes, bytes | None]

MARK = "correct-horse-battery"  # stands where a password would
_BROKEN = b'{"password": "%s", ' % MARK.encode()
_DIGITS = b"9" * 10_000


def with_header(message: Foreign, name: str, *values: bytes | None) -> Foreign:
    """In place of those of that name."""
    kept = [header for header in message.headers if header[0] != name.encode()]
    return message._replace(headers=[*kept, *((name.encode(), value) for value in values)])


def _body(body: bytes | None) -> Callable[[Foreign], Foreign]:
    return lambda good: good._replace(body=body)


def _headers(*more: Header, body: bytes = _BROKEN) -> Callable[[Foreign], Foreign]:
    return lambda good: good._replace(body=body, headers=[*good.headers, *more])


def _named(name: str, *values: bytes | None) -> Callable[[Foreign], Foreign]:
    return lambda good: with_header(good, name, *values)


# Refused on every topic.
BAD: dict[str, Callable[[Foreign], Foreign]] = {
    "broken JSON": _body(_BROKEN),
    "wrong shape": _body(b'["%s"]' % MARK.encode()),
    "a number for all of it": _body(b"7"),
    "null": _body(b"null"),
    "unknown type": _named(headers.TYPE, b"LaunchRocket"),
    "a type that is not UTF-8": _named(headers.TYPE, b"\xff\xfe"),
    "a type with a NUL": _named(headers.TYPE, b"Add\0Item"),
    "two types": lambda good: good._replace(headers=[*good.headers, (b"ce_type", b"LaunchRocket")]),
    "empty value": _body(b""),
    "no value": _body(None),
    "neither key nor value": lambda good: good._replace(key=None, body=None),
    "1 MB body": _body(b'{"user_id": "' + b"x" * 1_000_000 + b'"'),
    "1 MB body and 1 MB of headers": _headers((b"x", b"y" * 1_000_000), body=b"z" * 1_000_000),
    "as large as the topic takes": _headers((b"x", b"y" * 1_000_000), body=b"z" * 1_090_000),
    "10,000 headers": _headers(*[(b"x-%d" % number, b"y") for number in range(10_000)]),
    "nameless headers": _headers((b"", None), (b"", b"")),
    "a header's name that is not UTF-8": _headers((b"x-\xff\xfe", b"\xff\x00")),
    "a header's name with a NUL": _headers((b"x\0y", b"1")),
    "alien headers": _headers((b"kafka_correlationId", b"\xff\x00"), (b"ce_time", None), (b"dlq_reason", b"none")),
    "an id that is not UTF-8": _named(headers.ID, b"\xff"),
    "an id of 10,000 characters": _named(headers.ID, b"x" * 10_000),
    "a deadline of words": _named(headers.DEADLINE, b"soon"),
    "a deadline that is negative": _named(headers.DEADLINE, b"-1"),
    "NaN": _body(b'{"user_id": NaN}'),
    "a lone surrogate": _body(b'{"user_id": "\\ud800", "type": "\\udfff", "to": "\\ud800"}'),
    "a depth bomb": _body(b"[" * 200_000),
    "a depth bomb in a field": _body(b'{"user_id": ' + b'{"a":' * 100_000),
    "a number of 10,000 digits": _body(b'{"user_id": %s, "type": %s}' % (_DIGITS, _DIGITS)),
    "not UTF-8": _body(b'{"user_id": "\xff", "type": "\xff", "to": "\xff"}'),
    "UTF-16": _body('{"user_id": "u"}'.encode("utf-16")),
    "a byte order mark": lambda good: good._replace(body=b"\xef\xbb\xbf" + (good.body or b"")),
    "a NUL": lambda good: good._replace(body=(good.body or b"")[:-1] + b"\0}"),
    "an escaped NUL": lambda good: good._replace(body=(good.body or b"").replace(b"{", b'{"x": "\\u0000", ', 1)),
    "a key that is no text": lambda good: good._replace(key=b"\xff", body=_BROKEN),
    "a key of 10,000 characters": lambda good: good._replace(key=b"k" * 10_000, body=_BROKEN),
    "no time": lambda good: good._replace(at=-1, body=_BROKEN),
    "a time before 1970": lambda good: good._replace(at=-86_400_000, body=_BROKEN),
    "attributes of a record": lambda good: good._replace(attributes=0x81, body=_BROKEN),
}  # fmt: skip

# Refused where commands and events are: what others publish needs neither.
BAD_OF_OURS: dict[str, Callable[[Foreign], Foreign]] = {
    "no headers": lambda good: good._replace(headers=()),
    "no key": lambda good: good._replace(key=None),
    "a good body under a key that is no text": lambda good: good._replace(key=b"\xff\xfe"),
    "a good body under a key of 300 characters": lambda good: good._replace(key=b"k" * 300),
    "a good body under a key with a NUL": lambda good: good._replace(key=b"k\0k"),
}

# A batch that is no good as a whole, of a good message.
BAD_BATCHES: dict[str, Callable[[Sequence[Foreign]], bytes]] = {
    "gzip with something behind it": lambda records: batch(records, 1, lambda data: gzip.compress(data) + b"garbage"),
    **{
        f"broken JSON, {codec}": lambda records, how=how: batch([r._replace(body=_BROKEN) for r in records], *how)
        for codec, how in CODECS.items()
    },
}
