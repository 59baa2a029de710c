"""The domains that there are: each package of agents/ with a module `agent` is one.

`agent` has `register(runtime: Runtime) -> None`, which names the domain's topics and functions.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import agents
from topics.contracts import unread_forms
from topics.deciding.projection import View

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


def views_of(domain: str) -> list[View[Any, Any]]:
    """The views of the domain, without wiring it: they stand in its module `projection`."""
    name = f"agents.{domain}.projection"
    if find_spec(name) is None:
        return []
    return [each for each in vars(importlib.import_module(name)).values() if isinstance(each, View)]


def exit_without_upcasters() -> None:
    """Ends the process with exit code 2 and a line for each older form of a message that no step makes one of today."""
    if missing := unread_forms():
        sys.stderr.write("".join(f"agents: {line}\n" for line in missing))
        raise SystemExit(2)
