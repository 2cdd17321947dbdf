"""The faces: pages for people, the REST API's frame, and what both share (sign-in, language, errors, headers)."""

from app.web.app import create_app

__all__ = ["create_app"]
