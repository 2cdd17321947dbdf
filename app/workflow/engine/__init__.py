"""The engine: BPMN in the Camunda 8 dialect on SpiffWorkflow. Pure: values in, values out, no I/O.

`check_files` tells what is wrong with a bundle's files, `compile_bundle` makes them ready to run."""

from collections.abc import Mapping

from .bundle import read
from .checks import check, check_build
from .compiled import Compiled
from .findings import as_json, describe
from .reader import Reader
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
    Recompute,
    Redate,
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
from .versions import PINNED, missing, pinned_by, pinned_path, tag_of

__all__ = [
    "PINNED",
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
    "Recompute",
    "Redate",
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
    "missing_versions",
    "pinned_by",
    "pinned_path",
    "version_of",
]


def check_files(files: Mapping[str, bytes], registry: Registry) -> list[Finding]:
    """Errors and warnings of a bundle: relative path → content of every .bpmn, .dmn and .form file."""
    return check(read(files, registry), registry)


def missing_versions(files: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """(process, version tag) that call activities ask for and these files do not hold."""
    diagrams = {path: body for path, body in files.items() if path.endswith(".bpmn")}
    if not any(b"versionTag" in body for body in diagrams.values()):
        return set()
    return set(missing(read(diagrams, Registry()).processes))


def version_of(path: str, content: bytes, process: str) -> str | None:
    """The version tag of a process in a file; None when it is not in it, or has none."""
    found = (p for p in Reader(path, content).processes if p.id == process)
    return next((tag_of(one) for one in found), None)


def compile_bundle(files: Mapping[str, bytes], registry: Registry) -> Compiled:
    """The bundle, ready to run. Raises Refused when it cannot be built. What a deploy refuses besides (`check_files`)
    does not keep a bundle that was deployed earlier from running."""
    bundle = read(files, registry)
    findings = check_build(bundle, registry)
    if any(finding.severity == "error" for finding in findings):
        raise Refused(findings)
    return Compiled(bundle, registry)
