"""What happened, by whom, unchangeable: append-only streams of hashed rows. Everything that writes, records here."""

from app.audit.actions import log_access, log_access_once, record
from app.audit.chain import FORMAT, GENESIS, Row, chain, detail_hash, new_salt, to_json
from app.audit.queries import HistoryRow, accesses, latest, read
from app.audit.verify import Fault, verify

__all__ = [
    "FORMAT", "GENESIS", "Fault", "HistoryRow", "Row", "accesses", "chain", "detail_hash", "latest", "log_access",
    "log_access_once", "new_salt", "read", "record", "to_json", "verify",
]  # fmt: skip
