"""The domains that there are: each package of agents/ with a module `agent` is one.

`agent` has `register(runtime: Runtime) -> None`, which names the domain's topics and functions.
"""

import importlib
import pkgutil
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

import agents

if TYPE_CHECKING:
    from agents.runtime.runtime import Runtime  # else whoever only asks for names would import Faust


def _found() -> tuple[str, ...]:
    names = [found.name for found in pkgutil.iter_modules(agents.__path__) if found.ispkg]
    return tuple(sorted(name for name in names if find_spec(f"agents.{name}.agent") is not None))


DOMAINS = _found()
"""Their names, sorted."""


def register(runtime: "Runtime") -> None:
    """Wires the domain of this runtime."""
    registers: Callable[[Runtime], None] = importlib.import_module(f"agents.{runtime.domain}.agent").register
    registers(runtime)
