"""What an attempt to call back came to, and when the next one is. Pure but for the deployed table it asks."""

from datetime import datetime
from typing import Any

from app.contacts import Outcome, Router
from telephony.calls import Call

RESULTS = {"seat": "SEAT", "busy": "BUSY", "no_answer": "NO_ANSWER", "on_line": "ON_LINE"}
"""Causes of a call's end, as results; whatever else it was, the attempt was LOST."""


def told_of_attempt(
    call: Call, outcome: Outcome, cause: str | None, router: Router, now: datetime
) -> dict[str, Any] | None:
    """What the fact of the call's end says of the request it was for; None for other calls."""
    if call.callback is None:
        return None
    if outcome is Outcome.ANSWERED:
        return {"id": call.callback.id, "result": "REACHED"}
    rang = call.rang_outside
    result = "LOST" if rang and cause == "seat" else RESULTS.get(cause or "", "LOST")
    again = router.call_again(call.callback.reason, result, call.callback.attempt, now)
    return {
        "id": call.callback.id, "result": result, "rang": rang, "again_at": again.isoformat() if again else None,
    }  # fmt: skip
