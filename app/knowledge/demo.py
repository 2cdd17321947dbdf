"""The demo city's articles."""

import json
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import Actor
from app.knowledge.articles import Written, keep_article
from app.knowledge.models import Article


def load_demo_articles(session: Session, actor: Actor, now: datetime) -> None:
    """Once: a city that has articles keeps its own."""
    if session.scalar(select(Article.id).limit(1)) is None:
        told = json.loads((Path(__file__).parent / "demo_articles.json").read_text(encoding="utf-8"))
        for each in told:
            keep_article(session, Written(**each), actor=actor, now=now)
