"""What a voice diagram may ask of the telephone: the task definition types of `processes/voice/*.bpmn`.

Each is done by telephony on the caller's line, waited for, and answers with variables. A caller who hangs up ends the
run; a recording made so far is kept."""

from collections.abc import Mapping

from app.cases.enums import Resolved
from app.contacts.facts import Satisfaction
from app.workflow import Operation
from app.workflow.engine.types import Values

PROCESSES = ("voice_*",)
QUEUE_ENDS = frozenset({"answered", "timeout", "nobody", "callback"})
TRANSFER_ENDS = frozenset({"answered", "no_answer"})
LANGUAGES = frozenset({"zh-CN", "en"})
KEPT: Mapping[str, Values] = {"recording": "string", "seconds": "number"}


def _cell(*values: str) -> str:
    """Values as a cell of a decision table asks for them."""
    return ", ".join(f'"{value}"' for value in values)


def _operation(
    name: str, inputs: tuple[str, ...] = (), optional: tuple[str, ...] = (), *,
    results: Mapping[str, Values] | None = None, tests: Mapping[str, str] | None = None, errors: tuple[str, ...] = (),
) -> Operation:  # fmt: skip
    return Operation(
        name, "external", PROCESSES, inputs, optional, results=results or {}, tests=tests or {}, errors=errors
    )


_CALL: Mapping[str, Values] = {
    **dict.fromkeys(("call_id", "caller", "called", "mark", "district", "group"), "string"), "language": LANGUAGES,
}  # fmt: skip
VOICE_STARTS: Mapping[str, Mapping[str, Values]] = {
    "voice_survey": {**_CALL, "direction": frozenset({"IN", "OUT"})},
    "voice_*": {**_CALL, "priority": "number", "attended": "boolean"},
}
"""What telephony gives a diagram at its start."""

VOICE_OPERATIONS = (
    _operation("voice_answer"),
    _operation("voice_play", ("media",)),
    # media: a sound's name, or several with commas between
    _operation("voice_say", ("zh", "en")),
    # the text in both languages; the caller hears the one they chose, or Chinese first and then English
    _operation(
        "voice_collect", ("zh", "en"), ("most", "end", "seconds", "tries", "allowed"), results={"digits": "string"},
        tests={"most": ">= 1", "seconds": "> 0", "tries": ">= 1"},
    ),
    # → digits ("" after `tries` prompts without a valid answer). most: how many; end: the key that ends, "#";
    # allowed: a list of the answers that count
    _operation("voice_language", ("language",), results={"language": LANGUAGES},
               tests={"language": _cell(*sorted(LANGUAGES))}),
    _operation(
        "voice_look_up", ("number",), errors=("unavailable",),
        results={"found": "boolean", "stage": "string", "status": "string", "ended": "boolean", "own": "boolean"},
    ),
    # → found, stage, status, ended, own
    _operation("voice_identify", ("number", "code"), results={"member": "boolean", "locked": "boolean"}),
    # a member's number and code, as typed → member; the call counts as that member's from then on (S15). locked: after
    # some wrong codes for the number or on this line none is looked at for some minutes
    _operation(
        "voice_queue", ("group",), ("priority", "wish"), results={"outcome": QUEUE_ENDS}, errors=("unknown_group",)
    ),
    # → outcome: answered (the talk is over and the caller still there), timeout, nobody, callback
    _operation("voice_record", ("kind",), ("zh", "en", "seconds"), results=KEPT,
               tests={"kind": _cell("VOICEMAIL", "COMPLAINT")}),
    # kind: VOICEMAIL or COMPLAINT → recording, seconds
    _operation("voice_record_all", ("kind",), results={"recording": "string"}),
    # the whole dialogue from here on (T34) → recording
    _operation("voice_complaint", (), ("category", "sub_category", "district", "service_type")),
    # the automatic acceptance is complete: becomes a registration when the call ends (T33)
    _operation("voice_rate", (), ("satisfaction", "resolved"),
               tests={"satisfaction": _cell(*Satisfaction), "resolved": f"null, {_cell(*Resolved)}"}),
    # the answer to the survey after the talk (Q16): kept with the call at once; of each question the last answer stands
    _operation("voice_callback", (), ("phone",)),
    _operation("voice_transfer", ("to",), results={"outcome": TRANSFER_ENDS}),
    # an extension, or a unit's outside number (T40) → outcome
    _operation("voice_fax"),
    # the caller starts their fax machine (T35): the diagram ends here, and the pages become a registration
    _operation("voice_hang_up", (), ("outcome",)),
)  # fmt: skip
