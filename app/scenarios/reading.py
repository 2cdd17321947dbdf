"""An analyst's YAML file as values that know their lines. Plain data only: it can run no code and grow no bombs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MOST_BYTES = 200_000
MOST_VALUES = 20_000
"""An alias repeats what it names: counted where it is used, so that a small file cannot become a huge one."""
DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an analyst has to mend; its sentence is the text `scenario.<code>`, which says how."""

    file: str
    line: int
    code: str
    params: dict[str, object] = field(default_factory=dict)


class Unreadable(Exception):
    """The file is no scenario at all."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class Block(dict[str, Any]):
    """A mapping. `lines` says where each key stands."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        return self.lines.get(key, self.line)


class Items(list[Any]):
    """A list. `lines` says where each item stands."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []

    def with_lines(self) -> Iterator[tuple[Any, int]]:
        return zip(self, self.lines, strict=True)


class _Loader(yaml.SafeLoader):
    """YAML 1.2's few kinds of plain word: `16:30` and `no` are texts here, as everybody expects."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  (PyYAML's own way)


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(0|[1-9][0-9]*)\.[0-9]+", "-+0123456789"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}",
        re.compile(f"^(?:{_pattern})$"),
        [letter if letter != "\0" else "" for letter in _first],
    )


def read(file: str, content: bytes) -> Block:
    """Raises Unreadable with one problem: what is wrong, in which line, what to do."""
    if len(content) > MOST_BYTES:
        raise Unreadable(Problem(file, 1, "too_large", {"most": MOST_BYTES // 1000}))
    try:
        loader = _Loader(content.decode("utf-8-sig"))
        node = loader.get_single_node()
    except UnicodeDecodeError:
        raise Unreadable(Problem(file, 1, "not_utf8")) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable(Problem(file, line, "not_yaml", {"detail": error.problem or str(error)})) from None
    except yaml.YAMLError as error:
        raise Unreadable(Problem(file, 1, "not_yaml", {"detail": str(error)})) from None
    value = None if node is None else _Values(file, loader).value(node, 0)
    if not isinstance(value, Block):
        raise Unreadable(Problem(file, 1, "no_mapping"))
    return value


class _Values:
    def __init__(self, file: str, loader: _Loader) -> None:
        self.file, self.loader, self.count = file, loader, 0

    def value(self, node: yaml.Node, depth: int) -> Any:
        self.count += 1
        line = node.start_mark.line + 1
        if self.count > MOST_VALUES or depth > DEEPEST:
            raise Unreadable(Problem(self.file, line, "too_deep"))
        if isinstance(node, yaml.MappingNode):
            return self._block(node, line, depth)
        if isinstance(node, yaml.SequenceNode):
            return self._items(node, line, depth)
        return self._scalar(node, line)

    def _block(self, node: yaml.MappingNode, line: int, depth: int) -> Block:
        self._plain(node, line, "map")
        block = Block(line)
        for key_node, value_node in node.value:
            key, at = self.value(key_node, depth + 1), key_node.start_mark.line + 1
            if isinstance(key, Block | Items) or key is None:
                raise Unreadable(Problem(self.file, at, "bad_key"))
            name = str(key)
            if name in block:
                raise Unreadable(Problem(self.file, at, "key_twice", {"field": name}))
            block[name], block.lines[name] = self.value(value_node, depth + 1), at
        return block

    def _items(self, node: yaml.SequenceNode, line: int, depth: int) -> Items:
        self._plain(node, line, "seq")
        items = Items(line)
        for inner in node.value:
            items.append(self.value(inner, depth + 1))
            items.lines.append(inner.start_mark.line + 1)
        return items

    def _scalar(self, node: yaml.Node, line: int) -> Any:
        self._plain(node, line, "str", "int", "float", "bool", "null")
        return self.loader.construct_object(node)

    def _plain(self, node: yaml.Node, line: int, *tags: str) -> None:
        if node.tag not in {f"tag:yaml.org,2002:{tag}" for tag in tags}:
            raise Unreadable(Problem(self.file, line, "tag_refused", {"tag": node.tag}))
