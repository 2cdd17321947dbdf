"""How a person likes the inbox: saved views, columns and density, when to look at a task again,
and forms not sent yet.

It knows people and task ids only; what a view finds is the lifecycle's business."""

from app.worklist.actions import (
    follow_up_on,
    forget_draft,
    forget_old_drafts,
    forget_one_of,
    keep_draft,
    keep_one_of,
    keep_setting,
    keep_theme,
    remove_view,
    save_view,
)
from app.worklist.models import FollowUp
from app.worklist.queries import (
    COLUMNS,
    DENSITIES,
    ListSetting,
    View,
    draft_of,
    drafts_of,
    follow_ups,
    setting_of,
    view_of,
    views_of,
)

__all__ = [
    "COLUMNS", "DENSITIES", "FollowUp", "ListSetting", "View", "draft_of", "drafts_of", "follow_up_on", "follow_ups",
    "forget_draft", "forget_old_drafts", "forget_one_of", "keep_draft", "keep_one_of", "keep_setting", "keep_theme",
    "remove_view", "save_view", "setting_of", "view_of", "views_of",
]  # fmt: skip
