"""Who acts. An `Actor` is a value: it was read once when the request began and is passed down explicitly."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    AGENT = "agent"
    SHIFT_SUPERVISOR = "shift_supervisor"
    DEPARTMENT_HANDLER = "department_handler"
    DEPARTMENT_HEAD = "department_head"
    LEADER = "leader"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, limited to a district (and what lies in it) and a department, where given."""

    role: Role
    district: str | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    id: UUID
    name: str
    grants: tuple[Grant, ...] = ()
    language: str = "zh-CN"
    system: bool = False
    """The clock, a worker or the seed: not a person, may do what its caller decided."""

    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)

    def departments(self) -> frozenset[str]:
        """Codes of the departments this person works for."""
        return frozenset(grant.department for grant in self.grants if grant.department)


def _system(number: int, name: str) -> Actor:
    return Actor(UUID(int=number), name, system=True)


CLOCK = _system(1, "clock")
WORKER = _system(2, "worker")
SEED = _system(3, "seed")
OPERATOR = _system(4, "operator")
"""Whoever runs `citydesk` on the server's own shell."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a thing belongs: what `can()` compares with an actor's grants."""

    district: str | None = None
    """A district code, or None where the thing belongs to the whole city."""
    departments: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    """A user task's candidate groups: roles or department codes; empty for everything else."""
    assignee: str | None = None
    confidential: bool = False
