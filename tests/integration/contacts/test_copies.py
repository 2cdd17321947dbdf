"""Copies of recordings outside: in a folder, and in an S3-compatible store that answers by HTTP."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import select

from app.contacts import failures, place_of, progress, restore, try_failed_again
from app.contacts.jobs import AGAIN, copy_out, order_all, order_recent
from app.contacts.models import Call, Recording
from app.contacts.places import NotKept, Place, S3Place
from app.core.clock import SimulatedClock
from app.core.ids import new_id
from app.identity import actor_of_user
from app.workflow import Runtime, deliver_outbox, sweep
from app.workflow.models import Outbox
from tests.demo_city import demo_template, demo_url, runtime, settings

__all__ = ["demo_template", "demo_url", "runtime", "settings"]
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
KEY, SECRET = "key-of-the-city", "a-secret-that-nobody-may-read"


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """Address of the store."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, store: str) -> Place:
    if request.param == "folder":
        (tmp_path / "outside").mkdir()
        made = place_of(str(tmp_path / "outside"), "", "", "")
    else:
        made = bucket(store)
    assert made is not None
    return made


def bucket(store: str, make: bool = True) -> S3Place:
    name = f"city-{new_id().hex}"
    made = place_of(f"s3://{name}/recordings", store, KEY, SECRET)
    assert isinstance(made, S3Place)
    if make:
        made.client.create_bucket(Bucket=name)
    return made


@pytest.fixture
def clock(runtime: Runtime) -> SimulatedClock:
    runtime.clock = SimulatedClock(NOW)
    return runtime.clock


@pytest.mark.feature("S13")
def test_every_recording_gets_one_copy_that_was_read_back(
    runtime: Runtime, clock: SimulatedClock, place: Place, tmp_path: Path
) -> None:
    ids = [given_recording(runtime, tmp_path, n) for n in range(3)]
    old = given_recording(runtime, tmp_path, 9, ended_at=NOW - timedelta(days=30))
    order_recent(runtime, place=place)
    order_recent(runtime, place=place)
    assert carry_out(runtime, tmp_path, place) == len(ids), "what was ordered is not ordered again"
    order_all(runtime, place=place)
    assert carry_out(runtime, tmp_path, place) == 1
    for n, id_ in zip((0, 1, 2, 9), [*ids, old], strict=True):
        assert place.digest(key_of(id_)) == sha256(sound(n)).hexdigest()
    with runtime.sessions() as session:
        told = progress(session, place.name)
    assert (told.kept, told.waiting, told.failed, told.more, told.newest) == (4, 0, 0, False, NOW)


@pytest.mark.feature("S13")
def test_what_is_missing_or_damaged_comes_back(
    runtime: Runtime, clock: SimulatedClock, place: Place, tmp_path: Path
) -> None:
    whole, missing, damaged, lost = (given_recording(runtime, tmp_path, n) for n in range(4))
    order_recent(runtime, place=place)
    carry_out(runtime, tmp_path, place)
    file_of(tmp_path, missing).unlink()
    file_of(tmp_path, damaged).write_bytes(b"overwritten")
    file_of(tmp_path, lost).unlink()
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"somebody wrote over the copy")
    place.put(key_of(lost), wrong)
    before = file_of(tmp_path, whole).stat().st_mtime_ns
    told = {one.recording_id: one.error for one in restore(runtime.sessions, tmp_path, place)}
    assert told == {missing: "", damaged: "", lost: "contacts.copy.damaged"}
    for n, id_ in ((1, missing), (2, damaged)):
        assert file_of(tmp_path, id_).read_bytes() == sound(n)
    assert not file_of(tmp_path, lost).exists(), "what does not fit its hash is not taken for the recording"
    assert file_of(tmp_path, whole).stat().st_mtime_ns == before


@pytest.mark.feature("S13")
def test_whoever_is_killed_in_between_loses_and_doubles_nothing(
    runtime: Runtime, clock: SimulatedClock, store: str, tmp_path: Path
) -> None:
    """SIGKILL when the copy lies there and nobody has noted it."""
    place, id_ = bucket(store), given_recording(runtime, tmp_path, 0)
    order_recent(runtime, place=place)
    child = os.fork()
    if child == 0:
        runtime.sessions.kw["bind"].dispose(close=False)
        place.__dict__.pop("client", None)
        object.__setattr__(place, "__class__", Deadly)
        carry_out(runtime, tmp_path, place)
        os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert place.digest(key_of(id_)) == sha256(sound(0)).hexdigest()
    with runtime.sessions() as session:
        assert progress(session, place.name).waiting == 1
    runtime.clock = SimulatedClock(NOW + timedelta(minutes=5))
    sweep(runtime)
    assert carry_out(runtime, tmp_path, place) == 1
    with runtime.sessions() as session:
        assert (progress(session, place.name).kept, progress(session, place.name).waiting) == (1, 0)
    listed = place.client.list_objects_v2(Bucket=place.bucket)["Contents"]
    assert [one["Key"] for one in listed] == [f"recordings/{key_of(id_)}"]


class Deadly(S3Place):
    """Its process dies where it would read back."""

    def digest(self, key: str) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


@pytest.mark.feature("S13")
def test_what_cannot_be_copied_is_tried_again_given_up_and_told(
    runtime: Runtime, store: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    place, id_ = bucket(store, make=False), given_recording(runtime, tmp_path, 0)
    runtime.clock = SimulatedClock(NOW)
    order_recent(runtime, place=place)
    for tries in range(len(AGAIN) + 1):
        assert carry_out(runtime, tmp_path, place) == 1
        runtime.clock = SimulatedClock(NOW + sum(AGAIN[: tries + 1], timedelta(seconds=1)))
    assert carry_out(runtime, tmp_path, place) == 0
    with runtime.sessions.begin() as session:
        failed = failures(session, place.name)
        assert [(one.recording_id, one.attempts) for one in failed] == [(id_, len(AGAIN) + 1)]
        assert "NoSuchBucket" in failed[0].error
        place.client.create_bucket(Bucket=place.bucket)
        now, person = runtime.clock.now(), actor_of_user(session, "admin")
        assert len(try_failed_again(session, place.name, actor=person, now=now)) == 1
    assert carry_out(runtime, tmp_path, place) == 1
    with runtime.sessions() as session:
        assert (progress(session, place.name).kept, failures(session, place.name)) == (1, [])
    assert SECRET not in caplog.text
    assert SECRET not in repr(place)


def test_a_mount_that_was_lost_is_not_written_beside(tmp_path: Path) -> None:
    place = place_of(str(tmp_path / "gone"), "", "", "")
    assert place is not None
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(NotKept, match="no_folder"):
        place.put("aa/x.wav", tmp_path / "file")
    assert not (tmp_path / "gone").exists()


# ------------------------------------------------------------------ given
def sound(n: int) -> bytes:
    return f"sound of recording {n} ".encode() * 5000


def given_recording(runtime: Runtime, data: Path, n: int, ended_at: datetime = NOW - timedelta(hours=1)) -> UUID:
    call, id_ = new_id(), new_id()
    file = file_of(data, id_)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(sound(n))
    with runtime.sessions.begin() as session:
        session.add(Call(id=call, direction="IN", caller="13800000001", called="12319", began_at=ended_at))
        session.add(
            Recording(
                id=id_, call_id=call, kind="TALK", storage_key=key_of(id_), sha256=sha256(sound(n)).hexdigest(),
                bytes=len(sound(n)), began_at=ended_at, ended_at=ended_at, seconds=3,
            )
        )  # fmt: skip
    return id_


def key_of(id_: UUID) -> str:
    return f"{id_.hex[-2:]}/{id_}.wav"


def file_of(data: Path, id_: UUID) -> Path:
    return data / "recordings" / key_of(id_)


def carry_out(runtime: Runtime, data: Path, place: Place) -> int:
    """What a worker would do now; how many rows it took."""
    runtime.outbox_handlers["recording_copy"] = (lambda run, row: copy_out(run, row, data=data, place=place), False)
    with runtime.sessions() as session:
        rows = session.scalars(select(Outbox.id).where(Outbox.kind == "recording_copy")).all()
    return sum(deliver_outbox(runtime, row) for row in rows)
