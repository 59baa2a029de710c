"""The body of a message as its reader has edited it on a page, where some of it was hidden from them: what they left as it was
shown stays as it was."""

from typing import Any, cast

import msgspec

from replay.console.frame import in_ascii
from replay.console.pages.message import readable
from replay.failure import CannotDo
from replay.log import secrecy
from topics.personal import MASK

_HIDDEN = (MASK, secrecy.SEALED)


def repaired(body: bytes | None, type_name: str | None, edited: str) -> bytes | None:
    """The bytes to send. None: nothing was changed. Raises CannotDo."""
    edited = edited.replace("\r\n", "\n")  # as browsers send what was typed
    before = readable(body, type_name)
    if edited.strip() == in_ascii(before.text).strip():
        return None
    if before.whole:
        return edited.encode()
    try:
        said, original = msgspec.json.decode(edited), msgspec.json.decode(body or b"")
    except msgspec.MsgspecError as error:
        raise CannotDo(f"some of this body is hidden, so it can be edited only as JSON: {error}") from None
    return msgspec.json.encode(_merged(said, secrecy.shown(body, type_name), original))


def _merged(edited: Any, shown: Any, original: Any) -> Any:
    if edited == shown:
        return original
    if isinstance(edited, dict) and isinstance(shown, dict):
        names, was, held = cast(dict[str, Any], edited), cast(dict[str, Any], shown), cast(dict[str, Any], original)
        return {name: _merged(each, was.get(name), held.get(name)) for name, each in names.items()}
    if isinstance(edited, list) and isinstance(shown, list) and len(edited) == len(shown):  # pyright: ignore[reportUnknownArgumentType]
        return [_merged(*each) for each in zip(cast(list[Any], edited), shown, original, strict=True)]
    if _hides(edited):
        raise CannotDo(f"{' or '.join(_HIDDEN)} stands where nothing was hidden: what would be sent there is not known")
    return edited


def _hides(value: Any) -> bool:
    text = msgspec.json.encode(value).decode()
    return any(each in text for each in _HIDDEN)
