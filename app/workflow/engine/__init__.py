"""The engine: BPMN in the Camunda 8 dialect on SpiffWorkflow. Pure: values in, values out, no I/O.

`check_files` tells what is wrong with a bundle's files, `compile_bundle` makes them ready to run."""

from collections.abc import Mapping

from .bundle import read
from .checks import check, check_build
from .compiled import Compiled
from .findings import as_json, describe
from .types import (
    BpmnError,
    Call,
    Cancel,
    CompleteJob,
    CompleteTask,
    Context,
    Decided,
    DeliverMessage,
    DeliverSignal,
    Element,
    EngineCommand,
    Fault,
    Finding,
    FireTimers,
    Modify,
    Moved,
    NotOpen,
    OpenJob,
    OpenTask,
    OpenTimer,
    OpenWait,
    Operation,
    Process,
    Refused,
    Registry,
    Reschedule,
    SetVariables,
    Status,
    Step,
    Surface,
    ThrowError,
    VariableChange,
    Variables,
)

__all__ = [
    "BpmnError",
    "Call",
    "Cancel",
    "Compiled",
    "CompleteJob",
    "CompleteTask",
    "Context",
    "Decided",
    "DeliverMessage",
    "DeliverSignal",
    "Element",
    "EngineCommand",
    "Fault",
    "Finding",
    "FireTimers",
    "Modify",
    "Moved",
    "NotOpen",
    "OpenJob",
    "OpenTask",
    "OpenTimer",
    "OpenWait",
    "Operation",
    "Process",
    "Refused",
    "Registry",
    "Reschedule",
    "SetVariables",
    "Status",
    "Step",
    "Surface",
    "ThrowError",
    "VariableChange",
    "Variables",
    "as_json",
    "check_files",
    "compile_bundle",
    "describe",
]


def check_files(files: Mapping[str, bytes], registry: Registry) -> list[Finding]:
    """Errors and warnings of a bundle: relative path → content of every .bpmn, .dmn and .form file."""
    return check(read(files, registry), registry)


def compile_bundle(files: Mapping[str, bytes], registry: Registry) -> Compiled:
    """The bundle, ready to run. Raises Refused when it cannot be built. What a deploy refuses besides (`check_files`)
    does not keep a bundle that was deployed earlier from running."""
    bundle = read(files, registry)
    findings = check_build(bundle, registry)
    if any(finding.severity == "error" for finding in findings):
        raise Refused(findings)
    return Compiled(bundle, registry)
