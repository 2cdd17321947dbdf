"""Articles of the knowledge base: written by editors, found by topic, by the city's categories and by words (K01-K08).

Nothing is overwritten: each change is a version of its own, and an article that no longer holds is withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Session

from app import audit
from app.core.errors import Conflict, Invalid, NotFound
from app.core.ids import new_id
from app.core.words import marks
from app.identity import Actor, require
from app.knowledge.models import Article, ArticleVersion

LONGEST_TITLE, LONGEST_BODY, LONGEST_SOURCE = 80, 8000, 200
PAGE = 50


class Topic(StrEnum):
    """What callers ask about (W22), and what agents need to know."""

    POLICY = "POLICY"
    REGULATION = "REGULATION"
    SCOPE = "SCOPE"
    """Which complaints and reports are accepted here."""
    PROCEDURE = "PROCEDURE"
    """How reports are received and handled, and how to ask for their state."""
    RESPONSIBILITY = "RESPONSIBILITY"
    LIMIT = "LIMIT"
    ANSWER = "ANSWER"
    """Standard answers."""


@dataclass(frozen=True, slots=True)
class Written:
    """An article as an editor writes it."""

    topic: str
    category: str
    """A code of the city's categories, or empty: any."""
    title: str
    body: str
    source: str = ""
    """Where it comes from: the law's paragraph, the notice's number."""


def keep_article(
    session: Session, written: Written, *, actor: Actor, now: datetime, article_id: UUID | None = None, seen: int = 0
) -> Article:
    """A new article, or with `article_id` the next version of one of which the editor saw version `seen`. Raises
    Forbidden, Invalid (a sentence for each field), NotFound, Conflict when somebody was faster."""
    require(actor, "knowledge.edit")
    text = _checked(written)
    if article_id is None:
        article = Article(id=new_id(), version=0)
        session.add(article)
    else:
        article = _locked(session, article_id)
        if article.version != seen:
            raise Conflict("knowledge.article.overtaken", name=article.changed_by_name)
    old = {key: getattr(article, key) for key in _FIELDS} if article.version else None
    article.topic, article.category, article.title = text.topic, text.category or None, text.title
    article.body, article.source = text.body, text.source
    article.marks = sorted(marks(f"{text.title} {text.body}"))
    article.withdrawn_at = None
    _next_version(session, article, actor, now)
    _record(session, article, "article.kept", old, actor, now)
    return article


def withdraw_article(session: Session, article_id: UUID, *, actor: Actor, now: datetime) -> None:
    """It is found no more; its versions stay. Raises Forbidden, NotFound."""
    require(actor, "knowledge.edit")
    article = _locked(session, article_id)
    if article.withdrawn_at is None:
        article.withdrawn_at = now
        _record(session, article, "article.withdrawn", None, actor, now)


def article_of(session: Session, article_id: UUID) -> Article:
    """Raises NotFound."""
    if (found := session.get(Article, article_id)) is None:
        raise NotFound("knowledge.article.unknown")
    return found


def versions_of(session: Session, article_id: UUID) -> Sequence[ArticleVersion]:
    """The newest first."""
    query = select(ArticleVersion).where(ArticleVersion.article_id == article_id)
    return session.scalars(query.order_by(ArticleVersion.version.desc())).all()


def find_articles(
    session: Session, words: str = "", *, topic: str = "", categories: Sequence[str] = (), most: int = PAGE
) -> list[Article]:
    """Articles that hold, the nearest to the words first; a word of the title counts three times.

    `categories`: those of them and those of none."""
    query = select(Article).where(Article.withdrawn_at.is_(None))
    if topic:
        query = query.where(Article.topic == topic)
    if categories:
        query = query.where(Article.category.in_(categories) | Article.category.is_(None))
    if not (wanted := sorted(marks(words))):
        return list(session.scalars(query.order_by(Article.topic, Article.title).limit(most)))
    given = literal(wanted, ARRAY(TEXT))
    near = query.where(Article.marks.op("&&")(given)).limit(4 * most).order_by(_shared(given).desc(), Article.title)
    found = list(session.scalars(near))
    found.sort(key=lambda each: -_score(each, wanted))
    return found[:most]


def articles_about(session: Session, words: str, categories: Sequence[str], most: int = 4) -> list[Article]:
    """What stands beside a report: of its category first, then what its words speak of."""
    wanted = sorted(marks(words))
    mine = select(Article).where(Article.withdrawn_at.is_(None), Article.category.in_(categories)).limit(PAGE)
    found = {each.id: each for each in session.scalars(mine)} if categories else {}
    for each in find_articles(session, words, most=most) if wanted else ():
        if _score(each, wanted) > 1:
            found.setdefault(each.id, each)
    rank = {code: place for place, code in enumerate(categories)}
    return sorted(found.values(), key=lambda each: (rank.get(each.category or "", 9), -_score(each, wanted)))[:most]


_FIELDS = ("topic", "category", "title", "body", "source")


def _shared(given: ColumnElement[Sequence[str]]) -> ColumnElement[int]:
    """How many of the wanted marks an article has."""
    both = select(func.unnest(Article.marks)).intersect(select(func.unnest(given)))
    return func.cardinality(func.array(both.scalar_subquery()))


def _score(article: Article, wanted: Sequence[str]) -> int:
    return 3 * len(marks(article.title) & set(wanted)) + len(set(article.marks) & set(wanted))


def _checked(written: Written) -> Written:
    text = Written(*(getattr(written, key).strip() for key in _FIELDS))
    wrong: dict[str, tuple[str, dict[str, object]]] = {}
    if text.topic not in set(Topic):
        wrong["topic"] = ("knowledge.article.topic", {})
    if not 0 < len(text.title) <= LONGEST_TITLE:
        wrong["title"] = ("knowledge.article.title", {"most": LONGEST_TITLE})
    if not 0 < len(text.body) <= LONGEST_BODY:
        wrong["body"] = ("knowledge.article.body", {"most": LONGEST_BODY})
    if len(text.source) > LONGEST_SOURCE:
        wrong["source"] = ("knowledge.article.source", {"most": LONGEST_SOURCE})
    if wrong:
        raise Invalid("knowledge.article.wrong", wrong)
    return text


def _locked(session: Session, article_id: UUID) -> Article:
    query = select(Article).where(Article.id == article_id).with_for_update().execution_options(populate_existing=True)
    if (found := session.scalars(query).one_or_none()) is None:
        raise NotFound("knowledge.article.unknown")
    return found


def _next_version(session: Session, article: Article, actor: Actor, now: datetime) -> None:
    article.version += 1
    article.changed_by, article.changed_by_name, article.changed_at = actor.id, actor.name, now
    session.flush()
    kept = {key: getattr(article, key) for key in (*_FIELDS, "version", "changed_by", "changed_by_name", "changed_at")}
    session.add(ArticleVersion(article_id=article.id, **kept))


def _record(
    session: Session, article: Article, kind: str, old: dict[str, object] | None, actor: Actor, now: datetime
) -> None:
    new = None if kind == "article.withdrawn" else {key: getattr(article, key) for key in _FIELDS}
    change = {"article": {"old": old, "new": new}}
    audit.record(session, article.id, kind, actor=actor, now=now, changes=change, stream_kind="article")
