"""Secrets and personal data do not reach a log line; what operators need does."""

import json
import logging

import pytest

from app.core.logs import JsonFormatter, TextFormatter, scrub


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("connect postgresql://citydesk_app:hunter2@db/citydesk", "hunter2"),
        ("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.abc", "eyJhbGci"),
        ("password='jiangzhou demo' rejected", "jiangzhou"),
        ('{"token": "f00ba12345678901"}', "f00ba"),
        ("caller 13800136721 rang", "13800136721"),
        ("来电号码13800136721，来电", "13800136721"),
        ("+86 138-0013-6721", "6721"),
        ("fax 0571-87654321", "87654321"),
        ("id 11010519491231002X", "19491231"),
        ("wang.li@example.org wrote", "wang.li"),
    ],
)
def test_hidden(line: str, hidden: str) -> None:
    assert hidden not in scrub(line)


@pytest.mark.parametrize(
    "line",
    [
        "case 20261121000174 opened",
        "instance 018f2c1e-7b1a-7c3d-9e4f-138001367211 in 12.5 ms",
        "GET /api/v1/cases/20261121000174 200",
        "timer due 2026-11-21T22:30:00.123456+00:00",
    ],
)
def test_kept(line: str) -> None:
    assert scrub(line) == line


def test_both_formats_scrub_the_traceback_and_keep_the_fields() -> None:
    try:
        raise ValueError("Key (caller_phone)=(13800136721) exists")
    except ValueError:
        import sys

        record = logging.LogRecord("app", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    record.case_no = "20261121000174"
    as_json = json.loads(JsonFormatter().format(record))
    assert as_json["case_no"] == "20261121000174"
    assert as_json["level"] == "error"
    for line in (TextFormatter().format(record), json.dumps(as_json)):
        assert "13800136721" not in line
        assert "ValueError" in line
        assert "20261121000174" in line
