"""Documents of what owners do with whole menus."""

from datetime import datetime
from typing import Literal

import msgspec

from topics.contracts.menu_commands import RowFault

MOST_PROBLEMS = 200


class OpenedImport(msgspec.Struct, frozen=True, kw_only=True):
    number: int


class MenuImport(msgspec.Struct, frozen=True, kw_only=True):
    """View `menu_import`, by restaurant: the last import that was started.

    rows: of the file. added, changed, unchanged, refused: of these so far. lost: pages whose rows nobody knows of, since
    another import used them; the same file again mends that. problems: why rows were refused, the first MOST_PROBLEMS faults
    by when they came. ignored: columns of the file that mean nothing.
    """

    restaurant_id: str
    owner_id: str
    number: int
    status: Literal["running", "ended"] = "running"
    rows: int
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    lost: int = 0
    problems: tuple[RowFault, ...] = ()
    ignored: tuple[str, ...] = ()
    started_at: datetime
    updated_at: datetime
