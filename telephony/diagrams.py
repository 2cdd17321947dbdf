"""Leads a caller through a deployed voice diagram, and notes the way with the call."""

from uuid import UUID

from app.contacts import CallKind
from app.workflow.engine.types import Variables
from telephony.calls import Call
from telephony.exchange import Exchange
from telephony.menu import Menu
from telephony.voice import Run, Voices


class Diagrams:
    def __init__(self, exchange: Exchange, menu: Menu) -> None:
        self.exchange = exchange
        self.menu = menu
        self.voices = Voices()

    def knows(self, process: str) -> bool:
        """Is there such a diagram, and can it run here?"""
        compiled = self.voices.of(self.exchange.snapshot)
        return compiled is not None and process in compiled.processes

    async def lead(self, call: Call, process: str, variables: Variables) -> str:
        """To the diagram's end, which is returned; `fault` where the diagram failed. Raises HungUp when the caller
        leaves. `variables` are told besides the call's own."""
        snapshot = self.exchange.snapshot
        compiled = self.voices.of(snapshot)
        assert compiled is not None
        about = {
            "call_id": str(call.id), "caller": call.caller, "called": call.called, "mark": call.mark,
            "district": call.district, "language": call.language,
        }  # fmt: skip
        run = Run(compiled, process, self.menu.deed(call.id))
        try:
            await run.through({**about, **variables})
        finally:
            self._note(call.id, run, snapshot.bundle)
        return run.end

    def _note(self, call_id: UUID, run: Run, bundle: UUID | None) -> None:
        self.exchange.note(
            call_id, CallKind.VOICE_RUN, process=run.process, bundle=str(bundle), steps=run.told(),
            variables=run.variables, end=run.end,
        )  # fmt: skip
