"""The pages, one module for each kind of work. They read through the features' doors and render; rules live below."""

from flask import Flask

from app.web.pages import (
    account,
    admin_calendars,
    admin_city,
    admin_look,
    admin_messages,
    admin_people,
    board,
    cases,
    dashboard,
    deadlines,
    deeds,
    diagram,
    entrance,
    files,
    inbox,
    incidents,
    instructions,
    list_settings,
    live,
    merging,
    notices,
    omnibox,
    order_people,
    orders,
    phrases,
    prints,
    registration,
    replay,
    reports,
    search,
    supervision,
    tasks,
    tracking,
)
from app.web.pages.frame import blueprint


def register(app: Flask) -> None:
    """Importing a page's module put its routes on the blueprint."""
    app.register_blueprint(blueprint)


__all__ = [
    "account",
    "admin_calendars",
    "admin_city",
    "admin_look",
    "admin_messages",
    "admin_people",
    "board",
    "cases",
    "dashboard",
    "deadlines",
    "deeds",
    "diagram",
    "entrance",
    "files",
    "inbox",
    "incidents",
    "instructions",
    "list_settings",
    "live",
    "merging",
    "notices",
    "omnibox",
    "order_people",
    "orders",
    "phrases",
    "prints",
    "register",
    "registration",
    "replay",
    "reports",
    "search",
    "supervision",
    "tasks",
    "tracking",
]
