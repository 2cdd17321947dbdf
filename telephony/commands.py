"""What pages ask, over Redis: taken one by one, permission asked again, answered within the time they wait."""

import asyncio
import logging
import time
from collections.abc import Coroutine, Mapping
from typing import Any
from uuid import UUID

import orjson
import redis.asyncio as redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.contacts import EXPIRY, QUEUE, Actor, AgentPlan, AgentState, CallKind, PhoneCommand, SeatPlan, check, reply_key
from app.core.errors import CitydeskError, Conflict, Forbidden, NotFound
from telephony.ari import AriError
from telephony.calls import Call, Leg, Stage
from telephony.dialler import Dialler
from telephony.exchange import Exchange
from telephony.handover import Database
from telephony.outbound import Outbound
from telephony.seats import connect, disconnect
from telephony.supervise import Supervision
from telephony.talking import Talks
from telephony.transfer import Transfers

log = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds the database may take to say who may; then the rules on disk do."""
PAUSES = (AgentState.IDLE, AgentState.BUSY, AgentState.PAUSED)


class Commands:
    def __init__(
        self, exchange: Exchange, database: Database, talks: Talks, transfers: Transfers, outbound: Outbound,
        supervision: Supervision, dialler: Dialler,
    ) -> None:  # fmt: skip
        self.exchange = exchange
        self.database = database
        self.talks = talks
        self.transfers = transfers
        self.outbound = outbound
        self.supervision = supervision
        self.dialler = dialler
        self._at_seat: dict[str, asyncio.Lock] = {}

    async def run(self, url: str) -> None:
        """Take commands until cancelled; a Redis that is away is waited for."""
        client = redis.Redis.from_url(url, socket_connect_timeout=2)
        while True:
            try:
                got = await client.blpop([QUEUE], timeout=2)
                if got is not None:
                    self.exchange.go(self._answer(client, got[1]))
            except (RedisError, OSError) as error:
                log.warning("commands: %s", error)
                await asyncio.sleep(1)

    async def _answer(self, client: "redis.Redis", text: bytes | str) -> None:
        try:
            command = PhoneCommand.from_json(text)
        except (ValueError, KeyError, TypeError, AttributeError):
            log.warning("a command that cannot be read")
            return
        if time.time() - command.sent_at > EXPIRY:
            return
        reply = await self.reply_to(command)
        key = reply_key(command.id)
        async with client.pipeline(transaction=False) as pipe:
            pipe.rpush(key, orjson.dumps(reply, default=str))
            pipe.expire(key, 10)
            await pipe.execute()

    async def reply_to(self, command: PhoneCommand) -> dict[str, Any]:
        """`{"result": …}`, or `{"error": a text's key, "kind": …, "params": …}`."""
        try:
            actor = await self._actor(command)
            return {"result": await self.carry_out(actor, command.name, command.values)}
        except CitydeskError as error:
            kind = "forbidden" if isinstance(error, Forbidden) else "conflict"
            return {"error": error.key, "params": dict(error.params), "kind": kind}
        except (AriError, TimeoutError, KeyError, ValueError) as error:
            log.warning("command %s: %r", command.name, error)
            return {"error": "contacts.no_telephone", "kind": "conflict"}

    async def _actor(self, command: PhoneCommand) -> Actor:
        """Asked of the database; while that is away, agents go on by the rules on disk."""
        try:
            return await asyncio.wait_for(self.database.actor(command.actor, command.name), PATIENCE)
        except (SQLAlchemyError, TimeoutError):
            plan = self.exchange.snapshot.agents.get(command.actor)
            if plan is None:
                raise Forbidden("identity.closed_route") from None
            actor = Actor(plan.id, plan.name, plan.grants)
            check(actor, command.name)
            return actor

    # ---------------------------------------------------------------- the commands
    async def carry_out(self, actor: Actor, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Do it. Raises CitydeskError with the sentence for the person."""
        match name:
            case "login":
                return await self._login(actor, str(values["seat"]))
            case "logout":
                return await self._logout(actor)
            case "state":
                return self._state(actor.id, str(values["state"]), values.get("reason"))
            case "force_state":
                return self._state(UUID(str(values["agent"])), str(values["state"]), values.get("reason"))
            case "dial":
                return await self._dial(self._plan(actor), values)
            case "monitor":
                await self._begun(self.supervision.monitor(self._call(values), actor.id, str(values["mode"])))
            case "pickup":
                await self._begun(self.supervision.pick_up(self._call(values), actor.id))
            case "give":
                agent = UUID(str(values["agent"]))
                await self._begun(self.supervision.pick_up(self._call(values), agent))
            case "force_transfer":
                call = self._call(values)
                self.exchange.note(call.id, CallKind.COMMANDED, name=name, by=str(actor.id))
                await self.transfers.blind(self.exchange.calls[call.id], str(values["to"]), None, way="forced")
            case "force_disconnect":
                await self.talks.disconnect(self._call(values), actor.id)
            case _:
                return await self._own(actor, name, values)
        return {}

    async def _own(self, actor: Actor, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """About the call the agent is in."""
        call, leg = self._talk(actor)
        match name:
            case "hang_up":
                await self.exchange.ari.hang_up(leg.id)
            case "hold":
                await self.talks.hold(call, actor.id)
            case "retrieve":
                await self.talks.retrieve(call, actor.id)
            case "transfer":
                await self.transfers.blind(call, str(values["to"]), actor.id)
            case "consult":
                self.exchange.go(self._consult(call, actor.id, str(values["to"])))
            case "complete":
                await self.transfers.complete(call, actor.id)
            case "cancel":
                await self.transfers.cancel(call, actor.id)
            case "conference":
                to = values.get("to")
                if to and call.id not in self.transfers.asking:
                    self.exchange.go(self.transfers.conference(call, actor.id, str(to)))
                else:
                    await self.transfers.conference(call, actor.id, None)
            case "digits":
                digits = "".join(each for each in str(values["digits"]) if each in "0123456789*#")
                await self.exchange.ari.send_digits(call.channel, digits)
                self.exchange.note(call.id, CallKind.DIGITS, digits=digits)
            case "record":
                await self._record(call, bool(values["on"]), actor.id)
            case _:
                raise NotFound("contacts.unknown_command", name=name)
        return {"call": str(call.id)}

    async def _dial(self, plan: AgentPlan, values: Mapping[str, Any]) -> dict[str, Any]:
        number = str(values["number"])
        if request := values.get("callback"):
            self.outbound.require(plan, number)
            return {"call": str(await self.dialler.by_hand(plan.id, UUID(str(request)), number, values.get("group")))}
        case = UUID(str(values["case"])) if values.get("case") else None
        return {"call": str((await self.outbound.dial(plan, number, case)).id)}

    async def _begun(self, work: Coroutine[Any, Any, None]) -> None:
        """Ringing takes longer than a page waits: what is refused at once is told, the rest goes on beside."""
        task = asyncio.ensure_future(work)
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        if done:
            task.result()
        else:
            self.exchange.go(_in_the_end(task))

    async def _consult(self, call: Call, agent: UUID, to: str) -> None:
        """Ringing takes longer than a page waits: that it was in vain comes as news."""
        try:
            await self.transfers.consult(call, agent, to)
        except CitydeskError as error:
            log.info("consultation: %s", error.key)
            if (live := self.exchange.live(call.id)) is not None:
                self.exchange.news.call("consult_failed", live, {"to": to})

    async def _record(self, call: Call, on: bool, by: UUID) -> None:
        """By hand (S10): pause, go on, or begin."""
        sound = next((sound for sound in call.sounds.values() if sound.kind == "TALK"), None)
        self.exchange.note(call.id, CallKind.COMMANDED, name="record_on" if on else "record_off", by=str(by))
        if sound is None and on:
            await self.talks.recordings.begin_talk(self.exchange.calls[call.id])
        elif sound is not None and on:
            await self.exchange.ari.resume_recording(sound.name)
        elif sound is not None:
            await self.exchange.ari.pause_recording(sound.name)

    # ---------------------------------------------------------------- seats
    async def _login(self, actor: Actor, number: str) -> dict[str, Any]:
        exchange = self.exchange
        plan = self._plan(actor)
        seat = exchange.snapshot.seats.get(number)
        if seat is None:
            raise Conflict("contacts.no_seat", number=number)
        async with self._at_seat.setdefault(number, asyncio.Lock()):  # two may want it in one moment
            return await self._sit_down(actor, plan, seat)

    async def _sit_down(self, actor: Actor, plan: AgentPlan, seat: SeatPlan) -> dict[str, Any]:
        exchange, number = self.exchange, seat.number
        there = exchange.seats.at(number)
        if there is not None and there.agent != actor.id:
            name = exchange.snapshot.agents[there.agent].name if there.agent in exchange.snapshot.agents else ""
            raise Conflict("contacts.seat.taken", number=number, name=name)
        before = exchange.seats.of(actor.id, exchange.now())
        if before.seat is not None and before.seat != number:
            await self._leave(before.seat)
        secret = exchange.secrets[number] = await connect(exchange.ari, exchange.vault, seat, plan)
        if not before.signed_in or before.seat != number:
            exchange.seats.set(actor.id, AgentState.PAUSED, exchange.now(), reason="SIGNED_IN", seat=number)
        return {"seat": number, "user": f"seat-{number}", "secret": secret, "kind": seat.kind}

    async def _logout(self, actor: Actor) -> dict[str, Any]:
        exchange = self.exchange
        if exchange.talk_of(actor.id) is not None:
            raise Conflict("contacts.agent.in_call")
        at = exchange.seats.of(actor.id, exchange.now())
        exchange.seats.set(actor.id, AgentState.LOGGED_OUT, exchange.now())  # first: no call comes in between
        if at.seat is not None:
            await self._leave(at.seat)
        return {}

    async def _leave(self, number: str) -> None:
        seat = self.exchange.snapshot.seats.get(number)
        if seat is None or seat.kind == "BROWSER":
            await disconnect(self.exchange.ari, number)

    def _state(self, agent: UUID, wanted: str, reason: object) -> dict[str, Any]:
        exchange = self.exchange
        state = AgentState(wanted)
        at = exchange.seats.of(agent, exchange.now())
        if state is AgentState.WRAP_UP is at.state and at.call is not None:
            exchange.wrap_up_longer(agent, at.call)
            return {"state": state.value}
        if state not in PAUSES:
            raise Conflict("contacts.unknown_command", name=wanted)
        if not at.signed_in:
            raise Conflict("contacts.agent.not_logged_in")
        if exchange.talk_of(agent) is not None:
            raise Conflict("contacts.agent.in_call")
        exchange.seats.set(agent, state, exchange.now(), reason=str(reason) if reason else None)
        return {"state": state.value}

    # ---------------------------------------------------------------- finding
    def _plan(self, actor: Actor) -> AgentPlan:
        plan = self.exchange.snapshot.agents.get(actor.id)
        if plan is None:
            raise Conflict("contacts.agent.unknown")
        return plan

    def _call(self, values: Mapping[str, Any]) -> Call:
        call = self.exchange.live(UUID(str(values["call"])))
        if call is None or call.stage is Stage.ENDED:
            raise Conflict("contacts.call.over")
        return call

    def _talk(self, actor: Actor) -> tuple[Call, Leg]:
        found = self.exchange.talk_of(actor.id)
        if found is None:
            raise Conflict("contacts.call.not_yours")
        return found


async def _in_the_end(task: "asyncio.Task[None]") -> None:
    try:
        await task
    except CitydeskError as error:
        log.info("in vain: %s", error.key)
