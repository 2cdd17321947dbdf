"""A report registered with how to proceed, in one request of a program."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.errors import CitydeskError
from app.core.i18n import text
from app.identity import Actor
from app.lifecycle.proceeding import proceed
from app.lifecycle.reporting import register
from app.workflow import Runtime


def register_and_proceed(
    runtime: Runtime, values: Mapping[str, Any], processing: Mapping[str, Any] | None, *, actor: Actor,
    command_id: UUID, language: str,
) -> dict[str, Any]:  # fmt: skip
    """As `RegisteredSchema` says. The report is saved whatever comes of the processing: what could not be done is a
    sentence beside its numbers. Raises what `register` raises."""
    made = register(runtime, values, actor=actor, command_id=command_id, processing=processing)
    told: dict[str, Any] = {
        "acceptance_no": made.acceptance_no, "case_no": made.case_no, "repeated": made.repeated,
    }  # fmt: skip
    if processing:
        try:
            told["processing_no"] = proceed(runtime, made.case_id, processing, actor=actor, command_id=command_id)
        except CitydeskError as error:
            told["stopped"] = text(error.key, language, **error.params)
    return {key: value for key, value in told.items() if value is not None}
