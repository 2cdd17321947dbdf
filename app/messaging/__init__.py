"""In-app notices: sent once per recipient and occasion, listed, marked read."""

from app.messaging.actions import mark_all_read, mark_read, send_notice
from app.messaging.queries import NoticeView, notices, unread_count

__all__ = ["NoticeView", "mark_all_read", "mark_read", "notices", "send_notice", "unread_count"]
