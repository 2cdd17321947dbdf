"""`citydesk demo`: a case through all seven stages over HTTP, as the people who would. No call into internals.

It follows whatever tasks the deployed diagrams put before people: what it knows it answers sensibly, an analyst's
extra field it fills by its type.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from app.cli.demo_forms import fill, mend

PASSWORD = "jiangzhou-demo"  # noqa: S105 (public on purpose)
OFFICE = ("supervisor", "agent", "leader", "analyst")
"""Who looks for tasks of the case, beside the departments that have an order of it."""
PATIENCE = 30.0
"""Seconds without anything to do or any change: worker or dispatcher is not doing its part."""
PAUSE = 0.15

Log = Callable[[str], None]

REPORT: Mapping[str, object] = {
    "caller_name": "王丽华",
    "caller_phone": "13800136721",
    "channel": "PHONE",
    "incident_source": "PUBLIC",
    "origin": "PUBLIC_HOTLINE",
    "category": "CITY_APPEARANCE_AND_SANITATION",
    "sub_category": "OVERFLOWING_BIN",
    "service_type": "INCIDENT_REPORTING",
    "kind": "EVENT",
    "incident_summary": "锦绣花园东门垃圾桶满溢，污水外流",
    "detailed_content": "来电人称东门外三个垃圾桶两天未清运，垃圾堆到人行道上，污水流到路面，气味很大。",
    "address": "书院路 88 号锦绣花园东门",
    "district": "jz/binjiang",
    "urgency": "NORMAL",
    "reply_wish": "PHONE",
}


class DemoFailed(Exception):
    """One sentence: where the case stopped."""


@dataclass
class Person:
    """Somebody at their own browser: a name, a token, one connection."""

    username: str
    client: httpx.Client

    def get(self, path: str, **query: Any) -> Any:
        return self._answer(self.client.get(path, params=query))

    def send(self, method: str, path: str, body: object | None = None) -> Any:
        """Raises DemoFailed with the server's own sentence."""
        headers = {"Idempotency-Key": str(uuid4())}
        return self._answer(self.client.request(method, path, json=body, headers=headers))

    def try_to(self, path: str, body: object) -> httpx.Response:
        """Like send, but the caller looks at the refusal."""
        return self.client.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})

    def _answer(self, response: httpx.Response) -> Any:
        if response.is_success:
            return response.json() if response.content else None
        raise DemoFailed(f"{self.username}: {response.request.method} {response.request.url.path}: {_why(response)}")


@dataclass
class Journey:
    """One case on its way."""

    url: str
    log: Log
    people: dict[str, Person] = field(default_factory=dict)
    case_no: str = ""
    asked_for_visit: int = 0

    def person(self, username: str) -> Person:
        """Signs in when first needed."""
        if username not in self.people:
            client = httpx.Client(base_url=f"{self.url}/api/v1", timeout=30, headers={"Accept-Language": "en"})
            known = client.post("/sessions", json={"username": username, "password": PASSWORD})
            if not known.is_success:
                client.close()
                raise DemoFailed(f"{username} cannot sign in: {_why(known)}")
            client.headers["Authorization"] = f"Bearer {known.json()['token']}"
            self.people[username] = Person(username, client)
        return self.people[username]

    def register(self) -> str:
        """Returns the acceptance number."""
        agent = self.person("agent")
        form = agent.get("/registrations/form")
        values = fill(form["form"], form["values"], REPORT)
        made = agent.send("POST", "/registrations", {"values": values})
        self.case_no = made["case_no"]
        self.log(f"agent registered {made['acceptance_no']} (case {self.case_no})")
        return str(made["acceptance_no"])

    def run_to_the_end(self) -> None:
        """Do what there is to do until the case is closed. Raises DemoFailed when nothing moves any more."""
        deadline = time.monotonic() + PATIENCE
        before: object = None
        while not (case := self.case())["closed"]:
            moved = self.do_one_task() or self.ask_for_visit(case)
            seen = (case["stage"], case["status"], len(self.orders()))
            if moved or seen != before:
                deadline, before = time.monotonic() + PATIENCE, seen
            elif time.monotonic() > deadline:
                raise DemoFailed(
                    f"{self.case_no} stands still in {case['stage']}: is a worker and a dispatcher running?"
                )
            if not moved:
                time.sleep(PAUSE)

    def do_one_task(self) -> bool:
        """The first open task that somebody may do."""
        for person in self.workers():
            for task in person.get("/tasks", case_no=self.case_no)["tasks"]:
                self.complete(person, task["id"])
                return True
        return False

    def complete(self, person: Person, task_id: str) -> None:
        task = person.get(f"/tasks/{task_id}")
        person.send("PUT", f"/tasks/{task_id}/claim")
        form = task["form"] or {}  # a task without a form is only ticked off
        values = fill(form, task["values"])
        answer = person.try_to(f"/tasks/{task_id}/completion", {"values": values})
        if answer.status_code == 422:
            values = mend(form, values, answer.json().get("errors", {}))
            answer = person.try_to(f"/tasks/{task_id}/completion", {"values": values})
        if not answer.is_success:
            raise DemoFailed(f"{person.username} cannot complete “{task['name']}”: {_why(answer)}")
        self.log(f"{person.username} completed “{task['name']}”")

    def ask_for_visit(self, case: Mapping[str, Any]) -> bool:
        """The return visit comes days after the reply; an agent may bring it forward, once a round."""
        if case["stage"] != "RETURN_VISIT_EVALUATION" or self.asked_for_visit > case["rework_count"]:
            return False
        agent = self.person("agent")
        if agent.try_to(f"/cases/{self.case_no}/visit-requests", {}).is_success:
            self.asked_for_visit = case["rework_count"] + 1
            self.log("agent brought the return visit forward")
            return True
        return False

    def workers(self) -> Iterator[Person]:
        for username in OFFICE:
            yield self.person(username)
        for order in self.orders():
            if not order["ended_at"]:
                yield self.person(order["department"])

    def case(self) -> dict[str, Any]:
        return dict(self.person("supervisor").get(f"/cases/{self.case_no}"))

    def orders(self) -> list[dict[str, Any]]:
        return list(self.person("supervisor").get(f"/cases/{self.case_no}/orders")["orders"])

    def stages(self) -> list[dict[str, Any]]:
        return list(self.person("supervisor").get(f"/cases/{self.case_no}/stages")["stages"])

    def leave(self) -> None:
        """Everybody signs out."""
        for person in self.people.values():
            with closing(person.client) as client:
                known = client.get("/sessions")
                for session in known.json()["sessions"] if known.is_success else ():
                    if session["current"]:
                        client.delete(f"/sessions/{session['id']}")


def run_demo(url: str, log: Log) -> dict[str, Any]:
    """Drive one case from registration to archive on the server at `url` (with demo logins).

    Returns case_no, acceptance_no, stages [{name, entered_at, left_at}], closed, history_url.
    Raises DemoFailed, httpx.HTTPError when the server does not answer.
    """
    url = url.rstrip("/")
    journey = Journey(url, log)
    try:
        acceptance_no = journey.register()
        journey.run_to_the_end()
        return {
            "case_no": journey.case_no,
            "acceptance_no": acceptance_no,
            "stages": journey.stages(),
            "closed": journey.case()["closed"],
            "history_url": f"{url}/cases/{journey.case_no}#history",
        }
    finally:
        journey.leave()


def _why(response: httpx.Response) -> str:
    try:
        problem = response.json()
    except ValueError:
        return f"HTTP {response.status_code}"
    errors = "; ".join(f"{name}: {' '.join(said)}" for name, said in problem.get("errors", {}).items())
    return " ".join(filter(None, (str(problem.get("detail", response.status_code)), errors)))
