"""Errors that people see. The faces (web, API, CLI) turn them into a sentence in the person's language and a status.

`key` names a sentence in a feature's `texts.json`; `params` fill its placeholders.
"""

from collections.abc import Mapping


class CitydeskError(Exception):
    """Something a person can understand and act on."""

    status = 400

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params


class Unauthenticated(CitydeskError):
    status = 401


class Forbidden(CitydeskError):
    """Refused; the sentence says who may."""

    status = 403


class NotFound(CitydeskError):
    status = 404


class Conflict(CitydeskError):
    """The thing moved on in the meantime, or is locked by another; nothing was saved."""

    status = 409


class Invalid(CitydeskError):
    """Bad input. `fields` maps a field's key to (text key, params), so that each message stands at its field."""

    status = 422

    def __init__(
        self, key: str, fields: Mapping[str, tuple[str, Mapping[str, object]]] | None = None, **params: object
    ) -> None:
        super().__init__(key, **params)
        self.fields = dict(fields or {})


class Unavailable(CitydeskError):
    """A server we need does not answer; try again."""

    status = 503
