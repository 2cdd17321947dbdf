"""What goes wrong in the workflow, as people see it."""

from datetime import datetime

from app.core.errors import Conflict, NotFound


class Busy(Conflict):
    """Somebody else holds the instance at the moment: try again."""

    def __init__(self) -> None:
        super().__init__("workflow.busy")


class Gone(Conflict):
    """The task, message or timer is no longer open."""


class Stuck(Conflict):
    """An expression or operation failed; nothing was saved, and an incident waits for an analyst or administrator."""

    def __init__(self, incident: int, element: str | None, message: str) -> None:
        super().__init__("workflow.stuck", incident=incident, element=element or "–")
        self.incident = incident
        self.element = element
        self.message = message


class UnknownInstance(NotFound):
    def __init__(self, instance: object) -> None:
        super().__init__("workflow.no_instance", instance=instance)


class Permanent(Exception):
    """Raised by an outbox handler: trying again will not help (a refused address, a deleted subject)."""


class Temporary(Exception):
    """Raised by an outbox handler when nothing went out: may be tried again, even with effects outside."""


class Later(Exception):
    """Raised by an outbox handler: nothing was done, by intention, before `until` (quiet hours). No failure."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until
