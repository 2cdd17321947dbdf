"""One try at one command, as the functions in `commands` see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.workflow.engine.types import Variables
from app.workflow.locking import Locked
from app.workflow.runtime import OnInstance, Preparer, Runtime
from app.workflow.schemas import Command
from app.workflow.write import Draft


@dataclass(slots=True)
class Retry:
    """A person lets a failed command be applied again: `command` carries the incident's number, `inner` is applied."""

    command: Command
    incident: int
    target: str | None
    """The timer, message or task it concerns."""


@dataclass(slots=True)
class Attempt:
    """One try at one command, inside its transaction."""

    runtime: Runtime
    session: Session
    locked: Locked
    command: Command
    on: OnInstance
    draft: Draft
    prepare: Preparer | None
    retry: Retry | None = None

    @property
    def content(self) -> Mapping[str, Any]:
        return self.command.content

    @property
    def now(self) -> datetime:
        return self.on.now

    def prepared(self, default: Variables) -> Variables:
        """What the engine gets: from the caller's or the registered preparer, under the lock; else the content's."""
        prepare = self.prepare or self.runtime.preparers.get(self.command.kind)
        return default if prepare is None else prepare(self.session, self.locked.view_of(), self.on)
