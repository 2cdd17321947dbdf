"""One record a caller, however often and however simultaneously they call."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app import citizens
from app.core.db import Sessions, transaction
from app.core.errors import Invalid

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)


def calling(sessions: Sessions, phone: str, name: str, now: datetime = NOW) -> UUID:
    with transaction(sessions) as session:
        return citizens.find_or_create(session, phone, name, now).id


def test_the_same_caller_is_found_again(sessions: Sessions) -> None:
    wang = calling(sessions, "138-1234-6721", "王小明")
    assert calling(sessions, "+86 13812346721", " 王小明 ", NOW + timedelta(days=1)) == wang
    with transaction(sessions) as session:
        (found,) = citizens.citizens_at(session, "13812346721")
        assert (found.name, [phone.phone for phone in found.phones]) == ("王小明", ["13812346721"])
        assert found.last_contact_at == NOW + timedelta(days=1)


def test_a_number_is_not_a_person(sessions: Sessions) -> None:
    wang = calling(sessions, "13812346721", "王小明")
    li = calling(sessions, "13812346721", "李梅", NOW + timedelta(days=1))
    nameless = calling(sessions, "13812346721", "", NOW + timedelta(days=2))
    assert len({wang, li, nameless}) == 3
    assert calling(sessions, "13812346721", "") == nameless
    with transaction(sessions) as session:
        assert [known.id for known in citizens.citizens_at(session, "13812346721")] == [nameless, li, wang]


def test_without_a_number_everybody_is_new(sessions: Sessions) -> None:
    assert calling(sessions, "", "王小明") != calling(sessions, "unknown", "王小明")


def test_two_registrations_at_the_same_moment_make_one_record(sessions: Sessions) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: calling(sessions, "13812346721", "王小明"), range(16)))
    assert len(found) == 1


def test_what_is_no_number_is_refused(sessions: Sessions) -> None:
    for phone in ("12", "1" * 21):
        with pytest.raises(Invalid):
            calling(sessions, phone, "王小明")
