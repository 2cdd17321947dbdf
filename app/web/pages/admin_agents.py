"""The telephone's people: agents with areas, skills and follow-me numbers, and skill groups (S24-S28, T28-T30)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app import city, contacts
from app.cases.enums import ServiceType
from app.contacts.models import Agent, SkillGroup
from app.contacts.roster import (
    FOLLOWING,
    RIGHTS,
    SECONDS,
    STRATEGIES,
    AgentWish,
    GroupWish,
    add_group,
    agents_to_keep,
    change_agent,
    change_group,
    could_be_agents,
    engage_agent,
)
from app.contacts.upkeep import stream_of
from app.core.errors import Invalid
from app.core.http import site
from app.core.sorting import by_person
from app.identity.guard import actor, permits
from app.web.names import forget_names, names
from app.web.pages.admin_frame import names_from, tried
from app.web.pages.admin_phone import HOME, SAVED, chosen, number_from, phone_page, words_of
from app.web.pages.admin_words import told_history
from app.web.pages.frame import blueprint, form_command_id
from app.web.telephone import group_name
from app.web.templating import label, t

SKILL = "skill_"
"""Before a group's code: the field of an agent's level in it."""


# ------------------------------------------------------------------ agents
@blueprint.get(f"{HOME}/agents")
@permits("telephone.manage")
def admin_agents() -> str:
    return _agents_page({})


@blueprint.post(f"{HOME}/agents")
@permits("telephone.manage")
def engage() -> Response | tuple[str, int]:
    form = request.form

    def add(session: Session) -> None:
        engage_agent(session, _person(form), _agent(form), actor=actor(), now=site().clock.now(),
                     command_id=form_command_id())  # fmt: skip

    return tried(add, t(SAVED), f"{HOME}/agents?agent={form.get('user_id', '')}", _agents_page)


@blueprint.post(f"{HOME}/agents/<uuid:user_id>")
@permits("telephone.manage")
def save_agent(user_id: UUID) -> Response | tuple[str, int]:
    form = request.form

    def save(session: Session) -> None:
        change_agent(session, user_id, _agent(form), actor=actor(), now=site().clock.now())

    again = lambda errors: _agents_page(errors, str(user_id))  # noqa: E731
    return tried(save, t(SAVED), f"{HOME}/agents?agent={user_id}", again)


def _person(form: Mapping[str, str]) -> UUID:
    try:
        return UUID(form.get("user_id", ""))
    except ValueError:
        raise Invalid("contacts.upkeep.choose", {"user_id": ("contacts.upkeep.choose", {})}) from None


def _agent(form: "MultiDict[str, str]") -> AgentWish:
    skills = {name.removeprefix(SKILL): number_from(form, name) for name, level in form.items()
              if name.startswith(SKILL) and level}  # fmt: skip
    return AgentWish(
        form.get("work_no", "").strip(), form.get("extension", "").strip(), skills, form.getlist("areas"),
        form.get("announce_work_no") == "1", form.get("record") == "1", form.get("dialling", ""),
        form.get("follow_me", "").splitlines(), form.get("follow_strategy", ""), form.get("active") == "1",
    )  # fmt: skip


def _agents_page(errors: Mapping[str, str], failed: str | None = None) -> str:
    with site().sessions() as session:
        rows = agents_to_keep(session)
        opened: Agent | None = chosen([row for row, _, _ in rows], "user_id", failed, "agent")
        name, skills = next(((name, skills) for row, name, skills in rows if row is opened), ("", {}))
        adding = "new" in request.args or bool(errors and failed is None)
        content: dict[str, Any] = {
            "rows": rows, "opened": opened, "name": name, "skills": skills, "errors": errors, "adding": adding,
            "history": told_history(session, stream_of("agent", opened.user_id), name) if opened else [],
            "people": by_person(could_be_agents(session), lambda user: user.name) if adding else [],
            "districts": [(each.code, names().district(each.code), each.depth) for each in city.districts(session)
                          if each.depth],
            "groups": [(each.code, group_name(each.code)) for each in contacts.skill_groups(session)],
            "right_words": words_of("dialling", RIGHTS),
            "following_words": words_of("follow_strategy", FOLLOWING), "group_name": group_name,
        }  # fmt: skip
        return phone_page("agents.html", "agents", session, **content)


# ------------------------------------------------------------------ skill groups
@blueprint.get(f"{HOME}/groups")
@permits("telephone.manage")
def admin_groups() -> str:
    return _groups_page({})


@blueprint.post(f"{HOME}/groups")
@permits("telephone.manage")
def add_a_group() -> Response | tuple[str, int]:
    form, code = request.form, request.form.get("code", "").strip().upper()

    def add(session: Session) -> None:
        add_group(session, code, _group(form), actor=actor(), now=site().clock.now(), command_id=form_command_id())
        forget_names()

    return tried(add, t(SAVED), f"{HOME}/groups?code={code}", _groups_page)


@blueprint.post(f"{HOME}/groups/<code>")
@permits("telephone.manage")
def save_group(code: str) -> Response | tuple[str, int]:
    form = request.form

    def save(session: Session) -> None:
        change_group(session, code, _group(form), actor=actor(), now=site().clock.now())
        forget_names()

    again = lambda errors: _groups_page(errors, code)  # noqa: E731
    return tried(save, t(SAVED), f"{HOME}/groups?code={code}", again)


def _group(form: "MultiDict[str, str]") -> GroupWish:
    return GroupWish(
        names_from(form), form.getlist("service_types"), form.get("strategy", ""), form.get("overflow_to", ""),
        form.get("record") == "1", {name: number_from(form, name) for name in SECONDS}, form.get("active") == "1",
        form.get("survey") == "1", form.get("calls_back") == "1",
    )  # fmt: skip


def _groups_page(errors: Mapping[str, str], failed: str | None = None) -> str:
    with site().sessions() as session:
        rows = contacts.skill_groups(session, retired=True)
        opened: SkillGroup | None = chosen(rows, "code", failed, "code")
        people: dict[str, int] = {}
        for agent, _, skills in agents_to_keep(session):
            for group in skills if agent.left_at is None else ():
                people[group] = people.get(group, 0) + 1
        history = told_history(session, stream_of("group", opened.code), group_name(opened.code)) if opened else []
        return phone_page(
            "groups.html", "groups", session, rows=rows, opened=opened, history=history, errors=errors, people=people,
            adding="new" in request.args or bool(errors and failed is None), seconds=SECONDS,
            strategy_words=words_of("strategy", STRATEGIES),
            usual=NEW_GROUP, service_types=[(each.value, label("ServiceType", each.value)) for each in ServiceType],
            others=[(each.code, group_name(each.code)) for each in rows if each.retired_at is None and each != opened],
            group_name=group_name,
        )  # fmt: skip


NEW_GROUP = contacts.GroupPlan("", {})
"""What a new group begins with."""
