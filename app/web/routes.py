"""Every REST blueprint under /api/v1, in one list."""

from flask_smorest import Api, Blueprint

from app.identity import routes as identity

PREFIX = "/api/v1"

BLUEPRINTS: tuple[Blueprint, ...] = (identity.blueprint, identity.people)


def register(api: Api) -> None:
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix=f"{PREFIX}{blueprint.url_prefix}")
