"""How sending can go wrong: what decides whether it may be tried again."""

from app.core.errors import Conflict, NotFound


class NotSent(Exception):
    """Raised by a provider: nothing went out, a later try may succeed."""


class Refused(Exception):
    """Raised by a provider: nothing went out, and trying again will not help."""


class UnknownMessage(NotFound):
    def __init__(self) -> None:
        super().__init__("messaging.unknown")


class NotResendable(Conflict):
    """It went out, or is about to."""

    def __init__(self, state: str) -> None:
        super().__init__("messaging.not_resendable", state=state)
