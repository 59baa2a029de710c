"""The domains that there are: each package of agents/ with a module `agent` is one.

`agent` has `register(runtime: Runtime) -> None`, which names the domain's topics and functions.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

import agents
from stores.settings import Settings
from topics.contracts import unread_forms
from topics.deciding.decision import Decider
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


def decider_of(domain: str, settings: Settings) -> Decider[Any, Any, Any, Any]:
    """As the agents with these settings decide, without wiring it: it stands in the domain's module `decider`, or is made of
    settings by its `configured`."""
    configured = module_of(domain, "configured")
    if configured is not None:
        return configured.configured(settings)
    return importlib.import_module(f"agents.{domain}.decider").DECIDER


def module_of(domain: str, name: str) -> ModuleType | None:
    """None: the domain has no such module."""
    full = f"agents.{domain}.{name}"
    return None if find_spec(full) is None else importlib.import_module(full)


def views_of(domain: str) -> list[View[Any, Any]]:
    """The views of the domain, without wiring it: they stand in its module `projection`."""
    projection = module_of(domain, "projection")
    return [] if projection is None else [each for each in vars(projection).values() if isinstance(each, View)]


def exit_without_upcasters() -> None:
    """Ends the process with exit code 2 and a line for each older form of a message that no step makes one of today."""
    if missing := unread_forms():
        sys.stderr.write("".join(f"agents: {line}\n" for line in missing))
        raise SystemExit(2)
