"""Asterisk may answer later than it tells, or than we have patience: what was undone stays undone."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from app.contacts import AgentState, Speech, Vault
from app.contacts.snapshot import AgentPlan, GroupPlan, RoutingSnapshot
from app.core.ids import new_id
from telephony.ari import Ari, AriError
from telephony.exchange import Exchange
from telephony.line import HungUp, Line
from telephony.live import News
from telephony.queueing import Queue
from telephony.recordings import Recordings
from telephony.ringing import Ringing
from telephony.spool import Spool
from telephony.talking import Talks

Asked = list[str]


def run(work: Coroutine[Any, Any, None]) -> None:
    """In a loop of its own thread: the main thread's belongs to the browser."""
    failed: list[BaseException] = []

    def inside() -> None:
        try:
            asyncio.run(asyncio.wait_for(work, 10))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


class Slow:
    """An Asterisk that holds what it is asked with POST until it may answer; `done` is what it has carried out."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.may = asyncio.Event()
        self.done: Asked = []
        self.status = 200

    async def answer(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            self.asked.set()
            await self.may.wait()
        self.done.append(f"{request.method} {request.path}")
        return web.Response(status=self.status if request.method == "POST" else 204)

    async def __aenter__(self) -> Ari:
        app = web.Application()
        app.router.add_route("*", "/{way:.*}", self.answer)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        port = self.runner.addresses[0][1]
        self.ari = Ari(f"http://a:b@127.0.0.1:{port}/ari")
        await self.ari.open()
        return self.ari

    async def __aexit__(self, *_: object) -> None:
        self.may.set()
        await self.ari.close()
        await self.runner.cleanup()


def undone(do: Callable[[Ari], Awaitable[None]], undo: Callable[[Ari], Awaitable[None]], *, status: int = 200) -> Asked:
    """What Asterisk has carried out when `do` was cancelled before its answer, and `undo` asked at once."""
    done: Asked = []

    async def work() -> None:
        slow = Slow()
        slow.status = status
        async with slow as ari:
            doing = asyncio.ensure_future(do(ari))
            await slow.asked.wait()
            doing.cancel()
            undoing = asyncio.ensure_future(undo(ari))
            await asyncio.wait({doing})
            assert doing.cancelled()
            slow.may.set()
            await undoing
            assert not ari.turns, "nothing is remembered when all is answered"
        done.extend(slow.done)

    run(work())
    return done


def test_who_no_longer_rings_is_hung_up_after_they_began_to_ring() -> None:
    done = undone(
        lambda ari: ari.originate("leg-1", "PJSIP/x", ("leg",), caller_id="", timeout=5),
        lambda ari: ari.hang_up("leg-1"),
    )
    assert done == ["POST /ari/channels/leg-1", "DELETE /ari/channels/leg-1"]


def test_music_that_nobody_wants_any_more_stops() -> None:
    done = undone(lambda ari: ari.start_music("1"), lambda ari: ari.stop_music("1"))
    assert done == ["POST /ari/channels/1/moh", "DELETE /ari/channels/1/moh"]


def test_a_sentence_that_was_cut_off_is_not_said() -> None:
    done = undone(lambda ari: ari.play("1", "p", ["sound:x"]), lambda ari: ari.stop_playing("p"))
    assert done == ["POST /ari/channels/1/play/p", "DELETE /ari/playbacks/p"]


def test_what_is_refused_late_is_undone_all_the_same() -> None:
    done = undone(lambda ari: ari.make_bridge("b"), lambda ari: ari.end_bridge("b"), status=500)
    assert done == ["POST /ari/bridges/b", "DELETE /ari/bridges/b"]


def test_a_refusal_reaches_who_asked() -> None:
    async def work() -> None:
        slow = Slow()
        slow.status = 500
        async with slow as ari:
            slow.may.set()
            with pytest.raises(AriError, match="500"):
                await ari.start_music("1")

    run(work())


def test_what_a_line_waited_for_ends_with_who_waited() -> None:
    """A diagram's timer that cancels a ringing stops the telephones."""

    async def work() -> None:
        stopped = asyncio.Event()

        async def ring() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

        async with Slow() as ari:
            line = Line(ari, "1", {})
            waiting = asyncio.ensure_future(line.until(ring()))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait({waiting})
            assert stopped.is_set()

    run(work())


def test_what_others_wait_for_too_is_left_to_them() -> None:
    async def work() -> None:
        async with Slow() as ari:
            line = Line(ari, "1", {})
            over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            waiting = asyncio.ensure_future(line.until(over))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait({waiting})
            assert not over.cancelled()

    run(work())


def test_who_has_gone_waits_for_nobody(tmp_path: Path) -> None:
    """They hung up between two steps that lead them to the people: an agent who is idle is left in peace."""

    async def work() -> None:
        agent = AgentPlan(new_id(), "agent", "1001", "7001", {"general": 1})
        async with Slow() as ari:
            groups, agents = {"general": GroupPlan("general", {})}, {agent.id: agent}
            rules = RoutingSnapshot(1, "Asia/Shanghai", "zh-CN", groups, agents)
            exchange = Exchange(ari, Spool(tmp_path), Speech("", tmp_path), News(None), Vault("key"), rules)
            queue = Queue(exchange, Ringing(exchange), Talks(exchange, Recordings(exchange)))
            exchange.seats.set(agent.id, AgentState.IDLE, exchange.now(), seat="8001")
            call = exchange.arrived(new_id(), exchange.now(), direction="IN", caller="1", called="2", channel="c")
            exchange.led.add(call.id)
            exchange.end(call.id, cause="caller")
            with pytest.raises(HungUp):
                await queue.wait(call.id, "general", 0, None)
            assert not queue.waiting
            with pytest.raises(HungUp):
                exchange.citizen(call)
            await asyncio.sleep(0)  # what was begun beside it begins
            await exchange.drain()

    run(work())
