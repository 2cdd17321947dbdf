"""What a citizen tells stands in the case and in the erasable part of its history, and nowhere else."""

import logging
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app import workflow
from app.identity import OPERATOR

NAME, PHONE, WORDS = "欧阳春晖", "13907715566", "我母亲住三号楼二单元，行动不便"
KEEPERS = frozenset(
    {"case_file", "case_search", "registration", "work_order", "case_fact", "processing_form", "return_visit"}
) | {"history_detail", "leader_instruction"}
"""The rows of the case itself, and the part of its history that can be erased."""
TOLD = f"{NAME} {PHONE} {WORDS}"


def _everything(session) -> Iterator[tuple[str, str]]:
    """(table, row as text) of every table but the keepers; byte columns unpacked."""
    tables = session.scalars(text("select tablename from pg_tables where schemaname = 'public'")).all()
    for table in sorted(set(tables) - KEEPERS):
        for row in session.scalars(text(f'select t::text from "{table}" t')):  # noqa: S608
            yield table, _BYTES.sub(lambda found: bytes.fromhex(found[1]).decode("utf-8", "replace"), row)


_BYTES = re.compile(r"\\x((?:[0-9a-f]{2})+)")


def _without_outputs(files: dict[str, bytes]) -> dict[str, bytes]:
    """The shipped diagrams as a careless analyst might leave them: most tasks without output mappings."""
    careless = re.compile(
        rb'(<bpmn:userTask id="(?:register|judge|dispatch|handle|report_back|verify|reply)".*?</bpmn:userTask>)', re.S
    )

    def strip(found: re.Match[bytes]) -> bytes:
        return re.sub(rb"<zeebe:output [^>]*/>", b"", found[1])

    return {path: careless.sub(strip, body) if path.endswith(".bpmn") else body for path, body in files.items()}


@pytest.mark.feature("Q05")
@pytest.mark.parametrize("careless", [False, True])
def test_nothing_personal_outside_the_case(desk, shipped, caplog, careless) -> None:
    caplog.set_level(logging.DEBUG)
    if careless:
        with desk.session() as session, session.begin():
            workflow.deploy(
                session, _without_outputs(shipped), actor=OPERATOR, now=desk.clock.now(),
                registry=desk.runtime.registry,
            )  # fmt: skip
    made = desk.given_report(caller_name=NAME, caller_phone=PHONE, detailed_content=WORDS)
    case_id = made.case_id
    desk.do("supervisor", case_id, "judge", judgement="FILE", judgement_reason=TOLD)
    desk.do("supervisor", case_id, "dispatch", method="FILE_CASE", lead_department="sanitation", assist_departments=[],
            processing_content=TOLD)  # fmt: skip
    desk.do("sanitation", case_id, "sign:sanitation", decision="SIGN")
    desk.do("sanitation", case_id, "handle:sanitation", note=TOLD)
    with desk.session() as session:
        assert [table for table, row in _everything(session) if _tells(row)] == [], "while it runs"
    desk.do("sanitation", case_id, "report_back:sanitation", result_text=TOLD, responsible_person=NAME)
    desk.do("supervisor", case_id, "verify", verification="REWORK", verification_note=TOLD)
    desk.handle("sanitation", case_id)
    desk.do("supervisor", case_id, "verify", verification="PASSED", verification_note=TOLD)
    desk.do("agent", case_id, "reply", reply_way="PHONE", reply_text=TOLD)
    desk.wait(days=5)
    desk.do("agent", case_id, "return_visit", visit_result="SATISFIED", resolved="SOLVED", opinion=TOLD)
    assert desk.case(case_id).ended_at is not None
    with desk.session() as session:
        assert [table for table, row in _everything(session) if _tells(row)] == []
        kept = session.scalar(text("select count(*) from history_detail where body::text like '%' || :name || '%'"),
                              {"name": NAME})  # fmt: skip
        assert kept >= 5, "and the history can still tell it"
    assert not [record for record in caplog.records if _tells(record.getMessage())]


def _tells(row: str) -> bool:
    return NAME in row or PHONE in row or WORDS in row
