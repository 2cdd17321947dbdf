"""Log lines for people or collectors. Secrets and personal data are left out of every line, tracebacks included."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

from app.core.settings import Settings

_NOT_INSIDE = r"(?<![A-Za-z0-9_-]){}(?![A-Za-z0-9_-])"
_HIDDEN = (
    (re.compile(r"(://[^/\s:@]*:)[^@\s/]+@"), r"\1***@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 ***"),
    (re.compile(r"(?i)\b(password|passwd|secret|secret_key|token|cookie|authorization|set-cookie)(['\"]?\s*[=:]\s*)"
                r"(\"[^\"]*\"|'[^']*'|[^\s,;&]+)"), r"\1\2***"),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "<e-mail>"),
    (re.compile(_NOT_INSIDE.format(r"(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}")), "<telephone>"),
    (re.compile(_NOT_INSIDE.format(r"0\d{2,3}-\d{7,8}")), "<telephone>"),
    (re.compile(_NOT_INSIDE.format(r"[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dXx]")), "<id card>"),
)  # fmt: skip
"""What people and browsers put into messages by accident: url credentials, tokens, passwords, e-mail addresses,
telephone numbers, identity card numbers."""

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def scrub(line: str) -> str:
    """The line without secrets and personal data."""
    for pattern, instead in _HIDDEN:
        line = pattern.sub(instead, line)
    return line


class TextFormatter(logging.Formatter):
    """`LEVEL logger: message key=value …`; the supervisor or journal adds the time."""

    def format(self, record: logging.LogRecord) -> str:
        said = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")  # nobody outside writes lines of ours
        line = f"{record.levelname.lower():<7} {record.name}: {said}"
        for name, value in _extras(record).items():
            line += f" {name}={value}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return scrub(line)


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrub(record.getMessage()),
            **{name: scrub(str(value)) for name, value in _extras(record).items()},
        }
        if record.exc_info:
            entry["error"] = scrub(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def log_to_stderr(settings: Settings) -> None:
    """Set up logging of this process; the only handler is ours, so that nothing passes by the scrubbing."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # a lost connection is told by whoever used it
    for chatty in ("httpx", "httpcore", "alembic.runtime.migration"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
