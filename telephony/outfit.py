"""What Asterisk must know of trunks and seats: told when the rules change and when it comes back, without a restart.

Trunks, desk phones and lines exist as long as the rules say so; a browser's seat only while somebody sits there
(`seats.connect`). Whoever lost their seat, or is no agent any more, is signed out once they are in no call."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Collection, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from app.contacts import AgentState, SeatPlan, TrunkPlan, Unreadable
from telephony.ari import Ari, AriError
from telephony.exchange import Exchange
from telephony.seats import TRUNK, AtSeat, connect, disconnect, endpoint_of, seat_of, trunk_endpoint, trunk_of

log = logging.getLogger(__name__)

LOOK, REFUSED_AGAIN = 5.0, 6
"""Seconds between looks for who lost their place, and after how many of them what was refused is tried again."""
PARTS = ("registration", "identify", "endpoint", "aor", "auth")
"""Of a trunk, in the order in which they can be taken away."""
Objects = Mapping[str, Mapping[str, str]]


class Outfit:
    """`marks`: endpoint → what it was made from, on disk, so that a restart changes nothing that is as it should be."""

    def __init__(self, exchange: Exchange, folder: Path) -> None:
        self.exchange = exchange
        self.file = folder / "outfit.json"
        self.marks: dict[str, str] = self._stored()
        self.version = 0
        """Of the rules that Asterisk has been told; 0: not yet since it came back."""
        self.refused: dict[str, str] = {}
        """Endpoint → why Asterisk does not take it (a host without an address, say) or cannot be told of it (a password
        that another key has sealed). Tried again now and then."""
        self._ringing: set[str] = set()
        """Seats that ring without us, as far as Asterisk was told since we are connected."""
        self._wake = asyncio.Event()
        self._fitting = asyncio.Lock()

    def _stored(self) -> dict[str, str]:
        try:
            return dict(json.loads(self.file.read_text()))
        except (OSError, ValueError, TypeError):
            return {}

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """For ever. While Asterisk is away nothing is lost: it is told when it comes back, too."""
        idle = 0
        while True:
            try:
                await asyncio.wait_for(self._wake.wait(), LOOK)
            except TimeoutError:
                idle += 1
                if not self._astray() and not (self.refused and idle % REFUSED_AGAIN == 0):
                    continue
            self._wake.clear()
            try:
                await self.fit()
            except AriError as error:
                log.warning("trunks and seats are not as they should be yet: %s", error)

    async def fit(self, *, anew: bool = False) -> None:
        """Bring Asterisk's trunks and seats to what the rules say; `anew`: it may have forgotten what it was told.
        Raises AriError when Asterisk is away."""
        async with self._fitting:
            if anew:
                self._ringing = set()
            await self._fit()

    async def _fit(self) -> None:
        exchange, snapshot = self.exchange, self.exchange.snapshot
        there = {each["resource"] for each in await exchange.ari.endpoints()}
        trunks = {trunk_endpoint(trunk.name): trunk for trunk in snapshot.trunks}
        seats = {endpoint_of(seat.number): seat for seat in snapshot.seats.values()}
        await self._sign_out_who_is_astray()
        for name in there - trunks.keys() - seats.keys():
            if name.startswith(TRUNK):
                await drop_trunk(exchange.ari, name)
            elif seat_of(name) is not None:
                await disconnect(exchange.ari, seat_of(name) or "")
                self._ringing.add(name)  # given up while we were away
        for name, trunk in trunks.items():
            await self._try(name, self._fit_trunk(name, trunk, name in there))
        for name, seat in seats.items():
            if seat.kind != "BROWSER":
                await self._try(name, self._fit_seat(name, seat, name in there))
        await self._fit_fallback(seats)
        self.refused = {name: why for name, why in self.refused.items() if name in trunks or name in seats}
        exchange.trunks_refused = {trunk_of(name) for name in self.refused if name in trunks}
        self.marks = {name: mark for name, mark in self.marks.items() if name in trunks or name in seats}
        self._store()
        self.version = snapshot.version

    async def _try(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """One that Asterisk refuses, or that cannot be read, keeps no other from it. Raises AriError when Asterisk is
        away."""
        try:
            await work
            self.refused.pop(name, None)
        except AriError as error:
            if error.status == 0:
                raise
            self.refused[name] = str(error)
            self.marks.pop(name, None)
            log.warning("Asterisk does not take %s: %s", name, error)
        except Unreadable as error:
            self.refused[name] = str(error)
            log.warning("%s is left out: %s", name, error)

    async def _fit_trunk(self, name: str, trunk: TrunkPlan, there: bool) -> None:
        mark = _mark_of(trunk)
        if there and self.marks.get(name) == mark:
            return
        opened = self._opened(trunk)
        if there:  # what it no longer has would stay beside what it has now
            await drop_trunk(self.exchange.ari, name)
        await put_trunk(self.exchange.ari, name, opened)
        self.marks[name] = mark
        log.info("trunk %s is as the rules say", trunk.name)

    def _opened(self, trunk: TrunkPlan) -> TrunkPlan:
        """With its password as Asterisk needs it. Raises Unreadable."""
        if not trunk.username:
            return trunk
        return replace(trunk, password=self.exchange.vault.open(trunk.password, trunk_endpoint(trunk.name)))

    async def _fit_seat(self, name: str, seat: SeatPlan, there: bool) -> None:
        mark = _mark_of(seat)
        if there and self.marks.get(name) == mark:
            return
        at = self.exchange.seats.at(seat.number)
        agent = self.exchange.snapshot.agents.get(at.agent) if at else None
        await connect(self.exchange.ari, self.exchange.vault, seat, agent)
        self.marks[name] = mark

    async def _fit_fallback(self, seats: Collection[str]) -> None:
        """Which seats the dialplan's own queue rings while we are away. An Asterisk that somebody else configured may
        have none."""
        try:
            for name in sorted(set(seats) - self._ringing):
                await self.exchange.ari.run_dialplan("seat-joins", seat_of(name) or "")
            for name in sorted(self._ringing - set(seats)):
                await self.exchange.ari.run_dialplan("seat-leaves", seat_of(name) or "")
            self._ringing = set(seats)
        except AriError as error:
            if error.status == 0:
                raise
            log.warning("which seats ring while the application is away cannot be told: %s", error)

    def _store(self) -> None:
        fresh = self.file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(self.marks))
        fresh.replace(self.file)

    # ---------------------------------------------------------------- who has lost their place
    def _astray(self) -> list[AtSeat]:
        """Signed in, in no call, but without a seat or no agent any more."""
        exchange, snapshot = self.exchange, self.exchange.snapshot
        return [at for agent, at in exchange.seats.now.items()
                if at.signed_in and (agent not in snapshot.agents or at.seat not in snapshot.seats)
                and exchange.talk_of(agent) is None]  # fmt: skip

    async def _sign_out_who_is_astray(self) -> None:
        exchange = self.exchange
        for at in self._astray():
            seat = exchange.snapshot.seats.get(at.seat or "")
            if at.seat is not None and (seat is None or seat.kind == "BROWSER"):
                await disconnect(exchange.ari, at.seat)
            exchange.seats.set(at.agent, AgentState.LOGGED_OUT, exchange.now(), reason="SEAT_GONE")


# ------------------------------------------------------------------ a trunk in Asterisk's words
async def put_trunk(ari: Ari, name: str, trunk: TrunkPlan) -> None:
    """Its objects: first the address, which Asterisk may refuse, so that nothing else is made in vain and dropped again
    at once (an Asterisk of 22.10 may die of that, as it is about to ask the peer whether it is there); then those that
    others name."""
    objects = objects_of(name, trunk)
    for kind in ("identify", *(kind for kind in reversed(PARTS) if kind != "identify")):
        if kind in objects:
            await ari.put_object(kind, name, objects[kind])


async def drop_trunk(ari: Ari, name: str) -> None:
    """New calls neither come nor go by it; calls that it carries go on."""
    for kind in PARTS:
        await ari.drop_object(kind, name)


def objects_of(name: str, trunk: TrunkPlan) -> Objects:
    """PJSIP objects by kind; `trunk` with its password opened. With a user name we register there and are asked for it;
    calls are known by address."""
    peer = f"sip:{trunk.host}:{trunk.port}" + ("" if trunk.transport == "udp" else f";transport={trunk.transport}")
    endpoint = {
        "context": "from-trunk", "transport": f"transport-{trunk.transport}", "disallow": "all",
        "allow": ",".join(trunk.codecs), "aors": name, "direct_media": "no", "dtmf_mode": "auto",
        "rtp_symmetric": "yes", "force_rport": "yes", "rewrite_contact": "no", "timers": "no", "language": "zh",
        "trust_id_inbound": "yes", "send_connected_line": "no", "send_pai": "yes",
        "t38_udptl": "yes", "fax_detect": "yes", "fax_detect_timeout": "60",
        "callerid": name,  # a name and no number: without one Asterisk stores the number "unknown", for every caller
    }  # fmt: skip
    if trunk.transport == "tls":  # its sound is enciphered too, where the other end can
        endpoint |= {"media_encryption": "sdes", "media_encryption_optimistic": "yes"}
    if trunk.lines:
        endpoint["device_state_busy_at"] = str(trunk.lines)
    objects = {"endpoint": endpoint, "aor": {"contact": peer, "qualify_frequency": str(trunk.ask_every)},
               "identify": {"endpoint": name, "match": trunk.host}}  # fmt: skip
    if trunk.username:
        endpoint |= {"outbound_auth": name, "from_user": trunk.username}
        objects["auth"] = {"auth_type": "userpass", "username": trunk.username, "password": trunk.password}
        objects["registration"] = {
            "transport": f"transport-{trunk.transport}", "outbound_auth": name, "server_uri": peer,
            "retry_interval": "30", "client_uri": f"sip:{trunk.username}@{trunk.host}:{trunk.port}",
        }  # fmt: skip
        if trunk.caller_id:
            objects["registration"]["contact_user"] = trunk.caller_id
    return objects


def _mark_of(plan: TrunkPlan | SeatPlan) -> str:
    return hashlib.sha256(orjson.dumps(plan)).hexdigest()
