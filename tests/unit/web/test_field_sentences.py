"""Whatever our schemas refuse is refused in the asker's language."""

from pathlib import Path

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from app.core.i18n import LANGUAGES, load_texts
from app.web.field_sentences import field_sentence


class Everything(Schema):
    """The fields and validators that routes use."""

    uuid = fields.UUID()
    whole = fields.Integer(validate=validate.Range(min=1, max=9))
    least = fields.Integer(validate=validate.Range(min=1))
    most = fields.Integer(validate=validate.Range(max=9))
    number = fields.Float()
    yes = fields.Boolean()
    words = fields.String(validate=validate.Length(min=2, max=4))
    long = fields.String(validate=validate.Length(max=4))
    short = fields.String(validate=validate.Length(min=2))
    exact = fields.String(validate=validate.Length(equal=2))
    choice = fields.String(validate=validate.OneOf(["A", "B"]))
    many = fields.List(fields.String())
    mapping = fields.Dict()
    nested = fields.Nested(Schema.from_dict({"a": fields.String()}))
    at = fields.AwareDateTime()
    day = fields.Date()
    time = fields.Time()
    needed = fields.String(required=True)


REFUSED = [
    {"uuid": "x"}, {"whole": "x"}, {"whole": 0}, {"whole": 10}, {"least": 0}, {"most": 10}, {"number": "x"},
    {"yes": "x"}, {"words": "x"}, {"words": "xxxxx"}, {"words": 1}, {"long": "xxxxx"}, {"short": "x"}, {"exact": "x"},
    {"choice": "C"}, {"many": 1}, {"mapping": 1}, {"nested": 1}, {"at": "x"}, {"at": "2026-11-28T08:00:00"},
    {"day": "x"}, {"time": "x"},
    {"needed": None}, {}, {"other": 1},
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _texts() -> None:
    load_texts(Path(__file__).parents[3] / "app")


@pytest.mark.parametrize("given", REFUSED, ids=str)
def test_what_a_schema_says_is_said_in_both_languages(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        Everything().load({"needed": "x", **given} if given else {})
    for sentence in _sentences(refused.value.messages):
        zh, en = (field_sentence(sentence, language) for language in LANGUAGES)
        assert zh != en, sentence
        assert "{" not in zh + en


def test_a_sentence_nobody_knows_stays() -> None:
    assert field_sentence("The moon is missing.", "zh-CN") == "The moon is missing."


def _sentences(messages: object) -> list[str]:
    if isinstance(messages, dict):
        return [one for inner in messages.values() for one in _sentences(inner)]
    assert isinstance(messages, list)
    return [str(one) for one in messages]
