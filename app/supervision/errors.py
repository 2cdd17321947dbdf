"""Why something cannot be done to a demand."""

from app.core.errors import Conflict


class Closed(Conflict):
    """Somebody closed or raised it first."""

    def __init__(self) -> None:
        super().__init__("supervision.closed")


class NotHigher(Conflict):
    def __init__(self) -> None:
        super().__init__("supervision.not_higher")
