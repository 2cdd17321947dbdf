"""Reads event definitions and what they refer to: messages, signals, errors, escalations."""

from .markup import BPMN, ZEEBE, XmlElement, local_name
from .model import Definition, Event

KINDS = {
    "messageEventDefinition": "message",
    "timerEventDefinition": "timer",
    "errorEventDefinition": "error",
    "terminateEventDefinition": "terminate",
    "signalEventDefinition": "signal",
    "escalationEventDefinition": "escalation",
    "conditionalEventDefinition": "conditional",
    "linkEventDefinition": "link",
}


class Events:
    """Of one file."""

    def __init__(self, root: XmlElement) -> None:
        self._by_id = {
            kind: {e.get("id"): e for e in root.findall(f"{{{BPMN}}}{kind}")}
            for kind in ("message", "signal", "error", "escalation")
        }

    def definitions(self, file: str) -> list[Definition]:
        """Everything that events of the file may name."""
        return [
            Definition(file, kind, str(id_), element.get("name") or None)
            for kind, elements in self._by_id.items()
            for id_, element in elements.items()
            if id_
        ]

    def read(self, element: XmlElement, tag: str) -> Event:
        """The event of a flow node. Never raises: what is missing is None."""
        if tag == "receiveTask":
            return self._message(element.get("messageRef"))
        definitions = [child for child in element if local_name(child).endswith("EventDefinition")]
        if not definitions:
            return Event()
        if len(definitions) > 1:
            return Event("multiple")
        definition = definitions[0]
        match KINDS.get(local_name(definition)):
            case "message":
                return self._message(definition.get("messageRef"))
            case "signal":
                return self._signal(definition.get("signalRef"))
            case "error":
                return self._coded("error", definition.get("errorRef"))
            case "escalation":
                return self._coded("escalation", definition.get("escalationRef"))
            case "timer":
                return _timer(definition)
            case "conditional":
                return Event("conditional", text=(definition.findtext(f"{{{BPMN}}}condition") or "").strip())
            case "link":
                return Event("link", name=definition.get("name") or None)
            case "terminate":
                return Event("terminate")
        return Event(local_name(definition).removesuffix("EventDefinition"))

    def _message(self, ref: str | None) -> Event:
        message = self._by_id["message"].get(ref)
        if message is None:
            return Event("message", ref)
        subscription = next((child for child in message.iter(f"{{{ZEEBE}}}subscription")), None)
        key = subscription.get("correlationKey") if subscription is not None else None
        return Event("message", ref, message.get("name"), key or None)

    def _signal(self, ref: str | None) -> Event:
        signal = self._by_id["signal"].get(ref)
        return Event("signal", ref, None if signal is None else signal.get("name") or None)

    def _coded(self, kind: str, ref: str | None) -> Event:
        """An error or an escalation."""
        found = self._by_id[kind].get(ref)
        if found is None:
            return Event(kind, ref)
        return Event(kind, ref, found.get("name"), code=found.get(f"{kind}Code") or None)


def _timer(definition: XmlElement) -> Event:
    for kind in ("timeDate", "timeDuration", "timeCycle"):
        found = definition.find(f"{{{BPMN}}}{kind}")
        if found is not None:
            return Event("timer", timer=kind, text=(found.text or "").strip())
    return Event("timer")
