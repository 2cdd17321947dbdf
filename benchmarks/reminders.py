"""Kill workers, dispatcher and servers while limits run out, and see that everybody is told: in the house exactly
once a rung, outside at most once, or it is known to be unknown.

    python benchmarks/reminders.py [--seed N] [--cases N] [--kills N]

Starts a Citydesk of its own whose limits are a second and whose table `reminders` also writes e-mail, to a mail server
on loopback that counts. While cases run through the rungs, `kill -9` hits worker, dispatcher and PostgreSQL, and
FLUSHALL empties Valkey. Prints one JSON object; wrong are, if not 0:

    missing          a rung whose decision stands in the history and that nobody was told of
    doubled          somebody was told of the same rung twice
    missing_outside  told in the house, but no message written for outside
    stuck            messages that are still to go, or said to be going, though all is quiet
    mailed_twice     mails that arrived twice
    not_arrived      messages said to be SENT that did not arrive
    unexplained      UNKNOWN without a reason
    and latest_s: seconds from the decision, or from the recovery after a fault, to the last one told in the house
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import argparse
import json
import random
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any

import httpx
import psycopg

from app.cli.demo import DemoFailed
from benchmarks.kills import ROOT, Office, Product, ToughJourney, product
from benchmarks.mailserver import MailServer, mail_server

SENDER = "sender"
"""The worker, at a moment when a mail has arrived and it does not know so yet: such a mail becomes UNKNOWN."""
VICTIMS = (SENDER, "postgres", "flush", "worker", "dispatcher")
WRONG = ("missing", "doubled", "missing_outside", "stuck", "mailed_twice", "not_arrived", "unexplained", "unfinished")
PATIENCE = 90.0

_QUESTIONS = {
    "reminders": "select count(*) from outbox where kind = 'notice'",
    "notices": "select count(*) from notice",
    "missing": "select count(*) from outbox o where kind = 'notice' and not exists"
    " (select from notice n where n.dedupe = o.dedupe)",
    "doubled": "select coalesce(sum(n - 1), 0) from (select count(*) n from notice group by recipient, subject_id,"
    " kind, params->>'rung', params->>'alarm' having count(*) > 1) twice",
    "missing_outside": "select count(*) from notice n where kind in ('SIGN', 'HANDLE', 'ALARM') and not exists"
    " (select from outgoing_message m where m.dedupe = n.dedupe || ':EMAIL:' || n.recipient)",
    "stuck": "select count(*) from outgoing_message where state in ('QUEUED', 'SENDING')",
    "unexplained": "select count(*) from outgoing_message where state in ('UNKNOWN', 'FAILED') and reason is null",
    "unknown": "select count(*) from outgoing_message where state = 'UNKNOWN'",
    "sent": "select count(*) from outgoing_message where state = 'SENT' and channel = 'EMAIL'",
}


@contextmanager
def reminding_product() -> Iterator[tuple[Product, MailServer]]:
    """Limits of a second, and a table that writes e-mail beside every notice."""
    with mail_server(pause=0.3) as mail:
        settings = {"CITYDESK_SMTP_URL": mail.url, "CITYDESK_MAIL_FROM": "desk@city.example"}
        with product(settings) as running:
            folder = running.folder.path.parent / "tables" / "decisions"
            folder.mkdir(parents=True)
            table = shutil.copy(ROOT / "processes" / "decisions" / "reminders.dmn", folder)
            text = Path(table).read_text(encoding="utf-8")
            Path(table).write_text(text.replace('["LIVE"', '["LIVE", "EMAIL"'), encoding="utf-8")
            deploy = [sys.executable, "-m", "app.cli", "--data", str(running.folder.path), "deploy", str(folder.parent)]
            subprocess.run(deploy, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            yield running, mail


def campaign(running: Product, mail: MailServer, seed: int, cases: int, kills: int) -> dict[str, Any]:
    """Run `cases` cases through their rungs under `kills` faults; what database and mail server say afterwards."""
    started, chance, office = time.monotonic(), random.Random(seed), Office(running.url)
    failed: list[str] = []
    people = [threading.Thread(target=_be_late, args=(office, failed), daemon=True) for _ in range(cases)]
    for one in people:
        one.start()
    victims = [VICTIMS[number % len(VICTIMS)] for number in range(kills)]
    recovered = _hit(running, mail, victims, chance)
    for one in people:
        one.join(PATIENCE * 2)
    running.wait()
    with psycopg.connect(running.settings()["DATABASE_URL"], autocommit=True) as connection:
        _wait_for_quiet(connection)
        counts = {name: _number(connection, question) for name, question in _QUESTIONS.items()}
        arrived = Counter(_ids(mail))
        said_sent = connection.execute(
            "select id::text from outgoing_message where state = 'SENT' and provider = 'smtp'"
        ).fetchall()
        late = _latest(connection, recovered)
    return {
        "cases": cases, "kills": len(recovered), "unfinished": len(failed), **counts, "mails": sum(arrived.values()),
        "mailed_twice": sum(count > 1 for count in arrived.values()),
        "not_arrived": sum(message_id not in arrived for (message_id,) in said_sent),
        "latest_s": round(late, 1), "seed": seed, "seconds": round(time.monotonic() - started, 1),
    }  # fmt: skip


def _be_late(office: Office, failed: list[str]) -> None:
    """Take a case to its department, let the limit to sign run out, sign, and let the limit to handle run out: soon
    due, due, alarm, escalated."""
    journey = ToughJourney(office.url, lambda _: None, office=office)
    try:
        journey.register()
        _work_until(journey, lambda order: order["state"] == "DISPATCHED")
        time.sleep(2)
        _work_until(journey, lambda order: bool(order["signed_at"]))
        time.sleep(3)
    except (DemoFailed, httpx.HTTPError, KeyError) as error:
        failed.append(f"{error!r}")
        print(f"reminders: {error!r}", file=sys.stderr)
    finally:
        journey.leave()


def _work_until(journey: ToughJourney, reached: Callable[[dict[str, Any]], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not any(reached(order) for order in journey.orders()):
        if time.monotonic() > deadline:
            raise DemoFailed("nothing moves any more")
        if not journey.do_one_task():
            time.sleep(0.05)


def _hit(running: Product, mail: MailServer, victims: list[str], chance: random.Random) -> list[float]:
    """One fault after the other, each after the one before has healed; when each was over (seconds of the epoch)."""
    recovered = []
    for victim in victims:
        time.sleep(chance.uniform(0.5, 2.0))
        deadline = time.monotonic() + PATIENCE
        while victim == SENDER and not mail.holding and time.monotonic() < deadline:
            time.sleep(0.005)
        while not running.kill("worker" if victim == SENDER else victim, chance):
            time.sleep(0.05)
        running.wait()
        recovered.append(time.time())
    return recovered


def _wait_for_quiet(connection: "psycopg.Connection[Any]") -> None:
    going = (
        "select (select count(*) from outbox where state in ('PENDING', 'CLAIMED'))"
        " + (select count(*) from outgoing_message where state in ('QUEUED', 'SENDING'))"
    )
    deadline = time.monotonic() + PATIENCE
    while _number(connection, going) and time.monotonic() < deadline:
        time.sleep(0.1)


def _latest(connection: "psycopg.Connection[Any]", recovered: list[float]) -> float:
    """The longest wait between a decision, or the last recovery before it was carried out, and its notice."""
    rows = connection.execute(
        "select extract(epoch from created_at)::float8, extract(epoch from done_at)::float8 from outbox"
        " where kind = 'notice' and done_at is not null"
    ).fetchall()
    return max((done - max([made, *(at for at in recovered if made < at <= done)]) for made, done in rows), default=0.0)


def _ids(mail: MailServer) -> Iterator[str]:
    for raw in mail.mails:
        yield str(message_from_bytes(raw, policy=policy.default)["Message-ID"]).strip("<>").partition("@")[0]


def _number(connection: "psycopg.Connection[Any]", question: str) -> int:
    row = connection.execute(question).fetchone()  # type: ignore[call-overload]
    return int(row[0])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=12)
    parser.add_argument("--kills", type=int, default=10)
    arguments = parser.parse_args()
    with reminding_product() as (running, mail):
        result = campaign(running, mail, arguments.seed, arguments.cases, arguments.kills)
    print(json.dumps(result))
    return 1 if any(result[name] for name in WRONG) else 0


if __name__ == "__main__":
    sys.exit(main())
