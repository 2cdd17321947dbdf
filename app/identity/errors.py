"""What goes wrong at the door."""

from datetime import timedelta

from app.core.errors import CitydeskError, Conflict, Unauthenticated


class WrongPassword(Unauthenticated):
    """Name or password wrong, or the account is closed: one sentence for all three."""

    def __init__(self) -> None:
        super().__init__("identity.wrong_password")


class TooManyAttempts(CitydeskError):
    """Too many failed attempts; `retry_after` says how long to wait."""

    status = 429

    def __init__(self, retry_after: timedelta) -> None:
        minutes = max(1, -(-int(retry_after.total_seconds()) // 60))
        super().__init__("identity.too_many_attempts", minutes=minutes)
        self.retry_after = retry_after


class UsernameTaken(Conflict):
    def __init__(self, username: str) -> None:
        super().__init__("identity.username_taken", username=username)


class LastAdministrator(Conflict):
    """Nobody could administer the city any more."""

    def __init__(self) -> None:
        super().__init__("identity.last_administrator")
