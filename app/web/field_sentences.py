"""What marshmallow and webargs say of a field, which is English, in the asker's language."""

import re

from app.core.i18n import text

_SENTENCES = {
    "Missing data for required field.": "web.field.required",
    "Field may not be null.": "web.field.required",
    "Unknown field.": "web.field.unknown",
    "Not a valid UUID.": "web.field.uuid",
    "Not a valid integer.": "web.field.integer",
    "Not a valid number.": "web.field.number",
    "Not a valid boolean.": "web.field.boolean",
    "Not a valid string.": "web.field.string",
    "Not a valid list.": "web.field.list",
    "Not a valid mapping type.": "web.field.mapping",
    "Invalid input type.": "web.field.mapping",
    "Not a valid datetime.": "web.field.datetime",
    "Not a valid aware datetime.": "web.field.datetime",
    "Not a valid date.": "web.field.date",
    "Not a valid time.": "web.field.time",
    "Invalid JSON body.": "web.field.json",
}
_PATTERNS = [
    (re.compile(pattern), key)
    for pattern, key in (
        (r"Length must be between (?P<min>\d+) and (?P<max>\d+)\.", "web.field.length"),
        (r"Length must be (?P<equal>\d+)\.", "web.field.length_is"),
        (r"Shorter than minimum length (?P<min>\d+)\.", "web.field.length_min"),
        (r"Longer than maximum length (?P<max>\d+)\.", "web.field.length_max"),
        (r"Must be greater than or equal to (?P<min>\S+) and less than or equal to (?P<max>\S+)\.", "web.field.range"),
        (r"Must be greater than or equal to (?P<min>\S+)\.", "web.field.range_min"),
        (r"Must be less than or equal to (?P<max>\S+)\.", "web.field.range_max"),
        (r"Must be one of: (?P<choices>.*)\.", "web.field.choice"),
    )
]


def field_sentence(english: str, language: str) -> str:
    """The sentence in that language; one that is not known stays as it is."""
    if key := _SENTENCES.get(english):
        return text(key, language)
    for pattern, key in _PATTERNS:
        if found := pattern.fullmatch(english):
            return text(key, language, **found.groupdict())
    return english
