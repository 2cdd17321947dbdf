"""Files that belong to a case or an order: kept in a folder outside the database, named by what they hold.

The database knows of each who added it, when, to what, and its SHA-256; whether somebody may add or see one is the
business of whatever it belongs to."""

from app.documents.actions import attach, forget_unsaved, forget_written, keep, remove
from app.documents.queries import DocumentView, document_of, documents_of
from app.documents.storage import FOLDER, Folder, media_type_of

__all__ = [
    "FOLDER", "DocumentView", "Folder", "attach", "document_of", "documents_of", "forget_unsaved",
    "forget_written", "keep", "media_type_of", "remove",
]  # fmt: skip
