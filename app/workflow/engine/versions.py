"""Versions of a process that call activities name by their tag (`zeebe:versionTag`).

A bundle holds all that its instances run. A version that is not the bundle's own lies in it as a file of its own,
`pinned/<process>@<tag>.bpmn`, put there when the bundle is deployed; its process is called `<process>@<tag>` and starts
by being called only."""

import re
from collections.abc import Iterator, Mapping

from .model import Node, ProcessModel

PINNED = "pinned/"
TAG = re.compile(r"[\w.\-]{1,64}")
_PATH = re.compile(r"pinned/([^/@]+)@([^/]+)\.bpmn")


def pinned_path(process: str, tag: str) -> str:
    return f"{PINNED}{process}@{tag}.bpmn"


def pinned_by(path: str) -> tuple[str, str] | None:
    """Process and tag of a pinned file; None for any other."""
    found = _PATH.fullmatch(path)
    return None if found is None else (found.group(1), found.group(2))


def is_pinned(process: str) -> bool:
    """No process is drawn with such an id: `@` is no letter of an XML name."""
    return "@" in process


def drawn_id(process: str) -> str:
    """What the process is called in its diagram."""
    return process.partition("@")[0]


def tag_of(process: ProcessModel) -> str | None:
    return process.zeebe.get("versionTag", "value")


def asked_tag(node: Node) -> str | None:
    """The tag that a call activity, form or decision asks for; None: the bundle's own."""
    for extension in ("calledElement", "formDefinition", "calledDecision"):
        if node.zeebe.get(extension, "bindingType") == "versionTag":
            return node.zeebe.get(extension, "versionTag") or ""
    return None


def resolved(process: str, tag: str | None, tags: Mapping[str, str | None]) -> str:
    """Under which id the bundle holds the version that is asked for. `tags`: of its own processes."""
    return process if tag is None or tags.get(process) == tag else f"{process}@{tag}"


def pin(process: ProcessModel, tag: str) -> ProcessModel:
    """The process under the id of a pinned version."""
    id_ = f"{process.id}@{tag}"
    for scope in process.scope.scopes():
        scope.process = id_
        for node in scope.nodes.values():
            node.process = id_
    return ProcessModel(id_, process.file, process.name, process.zeebe, process.scope)


def missing(processes: Mapping[str, ProcessModel]) -> Iterator[tuple[str, str]]:
    """(process, tag) of versions that call activities ask for and the bundle does not hold."""
    tags = {id_: tag_of(process) for id_, process in processes.items()}
    for process in processes.values():
        for node in process.scope.walk():
            tag, name = asked_tag(node), node.zeebe.get("calledElement", "processId")
            if node.type != "callActivity" or not tag or name is None or name.startswith("="):
                continue
            if resolved(name, tag, tags) not in processes:
                yield name, tag
