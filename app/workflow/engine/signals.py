"""Signals between instances: what goes out when one is thrown, and how one that waits is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SIGNAL = "signal:"
"""Begins the name of a subscription that waits for a signal; its key is the wait's own id, so that only a wait that
stood when the signal was thrown can take it. No message may be called so."""


@dataclass(frozen=True, slots=True)
class DeliverSignal:
    """A signal that another instance threw, for one wait."""

    wait_id: str
    variables: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ThrownSignal:
    """Waits of the same instance have taken it already; the others are told after the commit."""

    name: str
    element: str
    variables: Mapping[str, Any]
