"""Live news under the product's own server: more open pages than it has threads, and every one hears."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select

from app.identity import actor_of_user
from app.lifecycle import tasks
from app.workflow.models import UserTask
from tests.demo_city import PASSWORD, Running

from .test_api import values_of

PAGES = 300
"""The server has 256 threads, of which streams may keep 192."""


@pytest.fixture
def tokens(running: Running) -> dict[str, str]:
    where = f"{running.url}/api/v1/sessions"
    people = ("supervisor", "agent", "gas")
    return {name: httpx.post(where, json={"username": name, "password": PASSWORD}).json()["token"] for name in people}


def opened(stack: ExitStack, url: str, token: str) -> socket.socket:
    """A page's stream, with its first event read."""
    place = urlsplit(url)
    page = stack.enter_context(socket.create_connection((place.hostname or "", place.port or 0), timeout=20))
    page.sendall(f"GET /live HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    assert until(page, b"retry: 2000").startswith(b"HTTP/1.1 200")
    return page


def until(page: socket.socket, mark: bytes) -> bytes:
    heard = b""
    while mark not in heard:
        heard += (more := page.recv(65536))
        assert more, heard[-500:]
    return heard


@pytest.mark.timeout(120)
def test_more_pages_than_threads_hear_of_a_change_and_the_server_still_answers(
    running: Running, tokens: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {tokens['agent']}"}
    body = {"values": values_of()["values"]}
    answer = httpx.post(f"{running.url}/api/v1/registrations", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    with running.runtime.sessions() as session:
        task_id, instance = session.execute(select(UserTask.task_id, UserTask.instance_id).limit(1)).one()
        chief = actor_of_user(session, "supervisor")
    with ExitStack() as stack:
        pages = [opened(stack, running.url, tokens["supervisor"]) for _ in range(PAGES)]
        stranger = opened(stack, running.url, tokens["gas"])
        assert httpx.get(f"{running.url}/tasks", headers=headers, timeout=10).status_code == 200
        tasks.claim(running.runtime, task_id, actor=chief)
        for page in pages:
            heard = until(page, str(instance).encode())
            assert b"event: task" in heard
        until(stranger, b"event: beat")  # five seconds on: whoever may not know has heard nothing else
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.recv(1)
