"""Who may do what, where. The same people as in the demo city."""

from pathlib import Path
from uuid import UUID

import pytest

from app.core import i18n
from app.core.errors import Forbidden, Invalid
from app.identity import (
    ACTIONS,
    CLOCK,
    Actor,
    Grant,
    Role,
    Scope,
    can,
    district_prefixes,
    format_grant,
    group_labels,
    parse_grant,
    require,
)
from app.identity.permissions import EVERYONE


def person(number: int, *grants: str, language: str = "en") -> Actor:
    return Actor(UUID(int=number + 100), f"person {number}", tuple(parse_grant(g) for g in grants), language)


AGENT = person(1, "agent")
SUPERVISOR = person(2, "shift_supervisor")
EASTERN = person(3, "shift_supervisor@jz/dongcheng")
GAS = person(4, "department_handler:gas")
GAS_HEAD = person(5, "department_head:gas")
WATER = person(6, "department_handler:water")
LEADER = person(7, "leader")
ANALYST = person(8, "analyst")
AUDITOR = person(9, "auditor")
ADMINISTRATOR = person(10, "administrator")
STRANGER = person(11)
PEOPLE = (AGENT, SUPERVISOR, EASTERN, GAS, GAS_HEAD, WATER, LEADER, ANALYST, AUDITOR, ADMINISTRATOR, STRANGER)

GAS_CASE = Scope("jz/dongcheng/xinhe", frozenset({"gas"}))
WESTERN_CASE = Scope("jz/xicheng/yongan", frozenset({"gas"}))


HELD = Scope("jz/dongcheng", groups=frozenset({"shift_supervisor"}), assignee=str(SUPERVISOR.id))


def who(action: str, scope: Scope | None) -> set[Actor]:
    return {somebody for somebody in PEOPLE if can(somebody, action, scope)}


@pytest.mark.feature("U02")
def test_each_level_has_its_own_rights() -> None:
    assert who("case.register", None) == {AGENT, SUPERVISOR, EASTERN}
    assert who("case.void", None) == {SUPERVISOR, EASTERN}
    assert who("bundle.deploy", None) == {ANALYST, ADMINISTRATOR}
    assert who("audit.read", None) == {AUDITOR}
    assert who("user.manage", None) == {ADMINISTRATOR}


@pytest.mark.feature("U05")
def test_people_read_the_cases_of_their_district_and_department() -> None:
    assert who("case.read", GAS_CASE) == {AGENT, SUPERVISOR, EASTERN, GAS, GAS_HEAD, LEADER, AUDITOR}
    assert who("case.read", WESTERN_CASE) == {AGENT, SUPERVISOR, GAS, GAS_HEAD, LEADER, AUDITOR}
    assert who("case.read", Scope("jz/dongcheng")) == {AGENT, SUPERVISOR, EASTERN, LEADER, AUDITOR}
    assert who("citizen.read", GAS_CASE) == who("case.read", GAS_CASE)
    # A thing of the whole city is nobody's who works in a part of it; a name's beginning is no district.
    assert EASTERN not in who("case.void", Scope(None))
    assert EASTERN not in who("case.void", Scope("jz/dongchengxi"))


@pytest.mark.feature("Q05")
def test_confidential_cases_stay_with_those_who_need_them() -> None:
    secret = Scope("jz/dongcheng", frozenset({"gas"}), confidential=True)
    assert who("case.read", secret) == {SUPERVISOR, EASTERN, GAS, GAS_HEAD, LEADER, AUDITOR}
    assert who("citizen.read", secret) == {SUPERVISOR, EASTERN, LEADER, AUDITOR}
    to_call = Scope("jz/dongcheng", frozenset({"gas"}), frozenset({"agent"}), confidential=True)
    assert AGENT in who("citizen.read", to_call)


def test_tasks_belong_to_their_groups() -> None:
    judge = Scope("jz/dongcheng/xinhe", frozenset({"gas"}), frozenset({"shift_supervisor"}))
    assert who("task.complete", judge) == {SUPERVISOR, EASTERN}
    assert who("task.complete", Scope("jz/xicheng", groups=frozenset({"shift_supervisor"}))) == {SUPERVISOR}
    handle = Scope("jz/dongcheng", frozenset({"gas"}), frozenset({"gas"}))
    assert who("task.claim", handle) == {GAS, GAS_HEAD}
    approve = Scope("jz/dongcheng", frozenset({"gas"}), frozenset({"department_head"}))
    assert who("task.complete", approve) == {GAS_HEAD}
    by_role = Scope("jz/dongcheng", frozenset({"gas", "water"}), frozenset({"department_handler"}))
    assert who("task.complete", by_role) == {GAS, WATER}
    assert who("task.complete", Scope("jz")) == set()


def test_an_assigned_task_is_its_holders_but_can_be_released() -> None:
    held = Scope("jz/dongcheng", frozenset({"gas"}), frozenset({"gas"}), assignee=str(GAS.id))
    assert who("task.complete", held) == {GAS}
    assert who("task.release", held) == {GAS, GAS_HEAD, SUPERVISOR, EASTERN}


def test_refusals_name_who_can() -> None:
    i18n.load_texts(_app_folder())
    for action, roles in ACTIONS.items():
        if roles == EVERYONE:
            continue
        for language in i18n.LANGUAGES:
            assert i18n.has_text(f"identity.refused.{action}")
            sentence = i18n.text(f"identity.refused.{action}", language)
            named = {role for role in Role if i18n.text(f"identity.role.{role}", language) in sentence}
            assert named == roles, (action, sentence)


def test_a_refusal_says_whether_it_is_the_right_or_the_place() -> None:
    for somebody, action, scope, key in (
        (GAS, "case.void", GAS_CASE, "identity.refused.case.void"),
        (WATER, "case.read", GAS_CASE, "identity.elsewhere.place"),
        (AGENT, "case.read", Scope("jz", confidential=True), "identity.elsewhere.confidential"),
        (AGENT, "task.complete", Scope("jz", groups=frozenset({"shift_supervisor"})), "identity.refused.task"),
        (WATER, "task.complete", Scope("jz", assignee=str(GAS.id)), "identity.refused.task.assigned"),
        (EASTERN, "task.claim", HELD, "identity.refused.task.assigned"),
        (WATER, "task.claim", HELD, "identity.refused.task"),
    ):
        with pytest.raises(Forbidden) as refusal:
            require(somebody, action, scope)
        assert refusal.value.key == key
    with pytest.raises(Forbidden) as refusal:
        require(AGENT, "task.complete", Scope("jz", groups=frozenset({"shift_supervisor"})))
    i18n.load_texts(_app_folder())
    assert "shift supervisor" in i18n.text(refusal.value.key, "en", **refusal.value.params)


def test_the_clock_may_do_what_its_caller_decided_and_typing_errors_are_no_refusals() -> None:
    assert can(CLOCK, "case.void", Scope("jz/dongcheng", confidential=True))
    with pytest.raises(KeyError):
        can(ADMINISTRATOR, "case.viod")


def test_what_the_inbox_asks_for() -> None:
    assert group_labels(GAS_HEAD) == {"department_head", "gas"}
    assert district_prefixes(GAS) is None
    assert district_prefixes(EASTERN) == ("jz/dongcheng",)
    assert district_prefixes(STRANGER) == ()
    # Administering the whole city does not widen what one handles.
    assert district_prefixes(person(12, "agent@jz/nanhu", "administrator")) == ("jz/nanhu",)


def test_grants_have_a_written_form() -> None:
    for written in ("agent", "department_head:gas", "shift_supervisor@jz/dongcheng", "department_handler:gas@jz/nanhu"):
        assert format_grant(parse_grant(written)) == written
    assert parse_grant("department_head:gas@jz/nanhu") == Grant(Role.DEPARTMENT_HEAD, "jz/nanhu", "gas")
    for bad in ("king", "department_head", "agent@", "agent@../etc", "agent@jz//x", ""):
        with pytest.raises(Invalid):
            parse_grant(bad)


def _app_folder() -> Path:
    return Path(__file__).parents[3] / "app" / "identity"
