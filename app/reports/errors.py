"""What can go wrong with reports, in the reader's words."""

from app.core.errors import Unavailable


class NoPrinter(Unavailable):
    """The libraries that draw letters are not installed."""

    def __init__(self) -> None:
        super().__init__("reports.print.no_library")
