"""The administrators' page of recordings' copies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.contacts import place_of
from app.contacts.jobs import AGAIN, order_recent
from app.core.clock import SimulatedClock
from app.core.settings import Settings
from app.web.app import create_app
from app.wiring import build_runtime
from tests.integration.contacts.test_copies import carry_out, given_recording
from tests.integration.web.conftest import House, csrf_of

NOW = datetime.now(UTC)


@pytest.mark.feature("S13")
def test_what_could_not_be_copied_is_seen_and_tried_again(settings: Settings, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    runtime = build_runtime(replace(settings, recording_backup=str(outside)))
    house = House(create_app(runtime, replace(settings, recording_backup=str(outside))))
    place = place_of(str(outside), "", "", "")
    assert place is not None
    given_recording(runtime, tmp_path, 0, ended_at=NOW - timedelta(minutes=1))
    runtime.clock = SimulatedClock(NOW)
    order_recent(runtime, place=place)
    for tries in range(len(AGAIN) + 1):
        carry_out(runtime, tmp_path, place)
        runtime.clock = SimulatedClock(NOW + sum(AGAIN[: tries + 1], timedelta(seconds=1)))
    admin, auditor = house.browser("admin"), house.browser("auditor")
    page = admin.get("/admin/recordings", headers={"Accept-Language": "en"}).text
    assert str(outside) in page
    assert 'action="/admin/recordings/retry"' in page
    assert 'action="/admin/recordings/retry"' not in auditor.get("/admin/recordings").text
    assert house.browser("agent").get("/admin/recordings").status_code == 403
    outside.mkdir()
    answer = admin.post("/admin/recordings/retry", data={"csrf_token": csrf_of(admin, "/admin/recordings")})
    assert answer.status_code == 303
    assert carry_out(runtime, tmp_path, place) == 1
    assert 'action="/admin/recordings/retry"' not in admin.get("/admin/recordings").text
    runtime.sessions.kw["bind"].dispose()


def test_without_a_place_the_page_says_what_to_set(house: House) -> None:
    assert "CITYDESK_RECORDING_BACKUP" in house.browser("admin").get("/admin/recordings").text
