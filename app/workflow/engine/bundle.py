"""All files of a bundle, read: processes, decisions and forms by id, and what is wrong with the files themselves."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app import dmn

from .markup import XmlElement
from .model import Definition, ProcessModel
from .reader import MAX_BYTES, Reader, parse_xml
from .reasons import reason_code
from .types import Finding, Registry
from .versions import pin, pinned_by, tag_of


@dataclass(slots=True)
class Bundle:
    processes: dict[str, ProcessModel] = field(default_factory=dict)
    decisions: dict[str, dmn.Model] = field(default_factory=dict)
    """The model that holds the decision, by decision id."""
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    homes: dict[tuple[str, str], str] = field(default_factory=dict)
    """("decision" or "form", id) → its file."""
    definitions: list[Definition] = field(default_factory=list)
    """What events may name."""
    lanes: list[Definition] = field(default_factory=list)
    remarks: list[Finding] = field(default_factory=list)
    """Of reading the files, for `check` alone."""
    models: dict[str, tuple[dmn.Model, XmlElement]] = field(default_factory=dict)
    """Of each readable .dmn file."""
    form_files: dict[str, Any] = field(default_factory=dict)
    """Of each .form file that is JSON."""

    def error(self, file: str, element: str | None, code: str, /, **params: object) -> None:
        self.findings.append(Finding("error", file, element, code, params))


def read(files: Mapping[str, bytes], registry: Registry) -> Bundle:
    """Never raises for a bad file: its faults are findings."""
    bundle = Bundle()
    for file, content in sorted(files.items()):
        match file.rpartition(".")[2]:
            case "bpmn":
                _read_diagram(bundle, file, content)
            case "dmn":
                others = [each for name, each in files.items() if name.endswith(".dmn") and name != file]
                _read_decisions(bundle, file, content, others if b"import" in content else [], registry)
            case "form":
                _read_form(bundle, file, content)
            case _:
                bundle.error(file, None, "unknown-file")
    return bundle


def _read_diagram(bundle: Bundle, file: str, content: bytes) -> None:
    reader = Reader(file, content)
    bundle.findings += reader.findings
    version = pinned_by(file)
    if version is None:  # a pinned file was checked when it was deployed
        bundle.definitions += reader.definitions
        bundle.lanes += reader.lanes
        bundle.remarks += reader.remarks
    for process in reader.processes:
        if version is not None:
            if (process.id, tag_of(process)) == version:
                bundle.processes[f"{process.id}@{version[1]}"] = pin(process, version[1])
        elif process.id in bundle.processes:
            bundle.error(file, process.id, "duplicate-process", other=bundle.processes[process.id].file)
        else:
            bundle.processes[process.id] = process


def _read_decisions(bundle: Bundle, file: str, content: bytes, imports: Sequence[bytes], registry: Registry) -> None:
    root, findings = parse_xml(file, content)
    bundle.findings += findings
    if root is None:
        return
    try:
        model = dmn.parse(content, imports, registry.functions)
    except dmn.DmnError as error:
        bundle.error(file, error.element, "bad-decision", detail=str(error))
        return
    for fault in model.faults():
        code, params = reason_code(fault, registry)
        if code == "bad-expression" and fault.expression is None:
            code = "bad-decision"
        bundle.findings.append(Finding("error", file, fault.element, code, {**params, "expression": fault.expression},
                                       _title(model, fault.name)))  # fmt: skip
    bundle.models[file] = (model, root)
    for id_ in model.decisions:
        if id_ in bundle.decisions:
            bundle.error(file, id_, "duplicate-decision")
        bundle.decisions[id_] = model
        bundle.homes["decision", id_] = file


def _title(model: dmn.Model, id_: str | None) -> str | None:
    """The name of a decision or knowledge model."""
    found = model.decisions.get(id_ or "") or model.knowledge.get(id_ or "")
    return id_ if found is None else found.name


def _read_form(bundle: Bundle, file: str, content: bytes) -> None:
    if len(content) > MAX_BYTES:
        bundle.error(file, None, "too-large", limit=MAX_BYTES)
        return
    try:
        form = json.loads(content)
    except (ValueError, RecursionError) as error:
        bundle.error(file, None, "not-json", detail=str(error))
        return
    bundle.form_files[file] = form
    id_ = form.get("id") if isinstance(form, dict) else None
    if not isinstance(id_, str):
        return
    if id_ in bundle.forms:
        bundle.error(file, id_, "duplicate-form")
    bundle.forms[id_] = form
    bundle.homes["form", id_] = file
