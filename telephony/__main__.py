"""Start: read the rules, take up what was, connect, and stay connected."""

import asyncio
import logging
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import uvloop
from sqlalchemy.exc import SQLAlchemyError

from app.contacts import RoutingSnapshot, Speech, Vault, sentences
from app.core.db import make_engine, make_sessions
from app.core.logs import log_to_stderr
from app.core.settings import Settings, load_settings
from telephony import texts
from telephony.area import Areas
from telephony.ari import Ari, AriError
from telephony.calls import Stage, replay
from telephony.commands import Commands
from telephony.diagrams import Diagrams
from telephony.dialler import Dialler
from telephony.dispatch import Dispatch
from telephony.exchange import Exchange, folder_of
from telephony.fallback import NAME, Fallback
from telephony.fax import FOLDER as FAXES
from telephony.fax import Fax
from telephony.handover import Database, Handover, Rules
from telephony.heart import Heart
from telephony.inbound import Inbound
from telephony.live import News
from telephony.menu import Menu
from telephony.outbound import Outbound
from telephony.outfit import Outfit
from telephony.queueing import Queue
from telephony.recordings import Recordings
from telephony.ringing import Ringing
from telephony.spool import Spool
from telephony.supervise import Supervision
from telephony.survey import Survey
from telephony.talking import Talks
from telephony.transfer import Transfers

log = logging.getLogger("telephony")


@dataclass(slots=True)
class Telephony:
    """The parts, put together."""

    exchange: Exchange
    dispatch: Dispatch
    handover: Handover
    rules: Rules
    commands: Commands
    dialler: Dialler
    database: Database
    outfit: Outfit
    heart: Heart


def build(settings: Settings) -> Telephony:
    """Everything that can be had without a connection to anybody. Live calls and seats come from the spool."""
    folder = folder_of(settings.data_dir)
    spool = Spool(folder)
    engine = make_engine(settings.database_url, pool_size=4)
    database = Database(make_sessions(engine), settings.city_zone, settings.default_language, settings.data_dir)
    ari = Ari(settings.ari_url)
    speech = Speech(settings.speech, Path(settings.sounds or folder / "sounds"))
    blank = RoutingSnapshot(0, settings.city_zone.key, settings.default_language)
    exchange = Exchange(ari, spool, speech, News(settings.redis_url), Vault(settings.secret_key), blank)
    recordings = Recordings(exchange)
    ringing = Ringing(exchange)
    talks = Talks(exchange, recordings)
    queue = Queue(exchange, ringing, talks)
    transfers = Transfers(exchange, ringing, talks, queue)
    outbound = Outbound(exchange, ringing, talks)
    supervision = Supervision(exchange, ringing, talks, queue)
    menu = Menu(exchange, queue, recordings, ringing, talks, database, Areas(exchange, database))
    diagrams = Diagrams(exchange, menu)
    survey = Survey(exchange, diagrams)
    talks.ask = survey.begin
    outfit = Outfit(exchange, folder)
    rules = Rules(database, folder, exchange.use)
    exchange.wake_outfit = outfit.wake
    handover = Handover(spool, database)
    exchange.wake_handover = handover.wake
    left = Path(settings.sounds).parent if settings.sounds else None  # what Asterisk leaves for us
    fallback = Fallback(exchange, recordings, left / NAME if left else None)
    fax = Fax(exchange, left / FAXES if left else None)
    dispatch = Dispatch(
        exchange, Inbound(exchange, menu, diagrams, survey), outbound, ringing, talks, recordings, transfers,
        supervision, fallback, fax,
    )  # fmt: skip
    dialler = Dialler(exchange, database, handover, queue, outbound)
    commands = Commands(exchange, database, talks, transfers, outbound, supervision, dialler)
    heart = Heart(exchange, outfit, settings.redis_url)
    return Telephony(exchange, dispatch, handover, rules, commands, dialler, database, outfit, heart)


def take_up(telephony: Telephony) -> None:
    """What the spool knows of calls and seats."""
    exchange = telephony.exchange
    facts = exchange.spool.alive()
    exchange.seats.restore(facts)
    for call in replay(facts).values():
        if call.over:
            exchange.spool.end(call.id)
        else:
            exchange.calls[call.id] = call
            if call.stage is not Stage.ENDED:
                exchange.call_of |= dict.fromkeys(call.legs, call.id)


async def run(settings: Settings) -> None:
    """Until cancelled."""
    telephony = build(settings)
    exchange = telephony.exchange
    await exchange.ari.open()
    if (stored := telephony.rules.stored()) is not None:
        exchange.use(stored)
        telephony.rules.version = stored.version
    with suppress(SQLAlchemyError):
        await telephony.rules.refresh()
    take_up(telephony)
    loop = asyncio.get_running_loop()
    work = (telephony.rules.run(), telephony.handover.run(), telephony.commands.run(settings.redis_url),
            telephony.dialler.run(), telephony.outfit.run(), telephony.heart.run(), _speak(exchange))  # fmt: skip
    beside = [loop.create_task(each) for each in work]
    try:
        await listen(telephony)
    finally:
        for task in beside:
            task.cancel()
        await exchange.drain()
        await telephony.heart.stop()
        await exchange.news.close()
        await exchange.ari.close()
        exchange.spool.close()
        telephony.database.close()


async def listen(telephony: Telephony) -> None:
    """Events for ever; after each (re)connect both sides are put together before anything else is heard."""
    async for raw in telephony.exchange.ari.events():
        if raw is not None:
            telephony.dispatch.raw(raw)
            continue
        await put_together(telephony)


async def put_together(telephony: Telephony) -> None:
    """Reconcile, and again when Asterisk refuses, as it may while it still starts. Not when it is gone: then the
    connection ends too, and the next one begins with this."""
    for pause in (0.5, 1, 2, 4, None):
        try:
            await telephony.dispatch.reconcile()
            await telephony.outfit.fit(anew=True)
        except AriError as error:
            log.warning("not reconciled: %s", error)
            if error.status == 0 or pause is None:
                return
            await asyncio.sleep(pause)
        else:
            log.info("connected to Asterisk")
            return


async def _speak(exchange: Exchange) -> None:
    """Sentences that will be needed are spoken before anybody waits for them."""
    bundle: object = ""
    while True:
        if exchange.snapshot.bundle != bundle:
            bundle = exchange.snapshot.bundle
            ours = [(language, text) for words in texts.ALL for language, text in words.items()]
            for language, text in [*ours, *sentences(exchange.snapshot.files)]:
                await asyncio.to_thread(exchange.speech.file_of, text, language)
            log.info("all sentences are spoken")
        await asyncio.sleep(5)


def main() -> None:
    settings = load_settings()
    log_to_stderr(settings)
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    loop = runner.get_loop()
    task = loop.create_task(run(settings))
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, task.cancel)
    with suppress(asyncio.CancelledError):
        loop.run_until_complete(task)
    runner.close()


if __name__ == "__main__":
    main()
