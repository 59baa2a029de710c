"""Positions of couriers: how long one is kept, how often there is one, and what became of one."""

from typing import Literal

KEPT = 120
"""Seconds. A position that is older says nothing of where somebody is."""

BETWEEN = 3
"""Seconds between two positions of a delivery."""

Outcome = Literal["shown", "older", "soon"]
"""older: a later position is known, or this one. soon: the one before is younger than BETWEEN."""
