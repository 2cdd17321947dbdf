"""What a voice diagram may ask of the telephone: the task definition types of `processes/voice/*.bpmn`.

Each is done by telephony on the caller's line, waited for, and answers with variables. A caller who hangs up ends the
run; a recording made so far is kept."""

from app.workflow import Operation

PROCESSES = ("voice_*",)


def _operation(name: str, inputs: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> Operation:
    return Operation(name, "external", PROCESSES, inputs, optional)


VOICE_OPERATIONS = (
    _operation("voice_answer"),
    _operation("voice_play", ("media",)),
    # media: a sound's name, or several with commas between
    _operation("voice_say", ("zh", "en")),
    # the text in both languages; the caller hears the one they chose, or Chinese first and then English
    _operation("voice_collect", ("zh", "en"), ("most", "end", "seconds", "tries", "allowed")),
    # → digits ("" after `tries` prompts without a valid answer). most: how many; end: the key that ends, "#";
    # allowed: a list of the answers that count
    _operation("voice_language", ("language",)),
    _operation("voice_look_up", ("number",)),
    # → found, stage, status, ended, own
    _operation("voice_queue", ("group",), ("priority", "wish")),
    # → outcome: answered (the talk is over and the caller still there), timeout, nobody, callback
    _operation("voice_record", ("kind",), ("zh", "en", "seconds")),
    # kind: VOICEMAIL or COMPLAINT → recording, seconds
    _operation("voice_record_all", ("kind",)),
    # the whole dialogue from here on (T34) → recording
    _operation("voice_complaint", (), ("category", "sub_category", "district", "service_type")),
    # the automatic acceptance is complete: becomes a registration when the call ends (T33)
    _operation("voice_callback", (), ("phone",)),
    _operation("voice_transfer", ("to",)),
    # an extension, or a unit's outside number (T40) → outcome
    _operation("voice_hang_up", (), ("outcome",)),
)
