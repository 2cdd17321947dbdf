"""What people know by heart and should not have to type: phrases, one's own and everybody's (Q20).

And the knowledge base: articles, policies and standard answers with versions (K01-K08)."""

from app.knowledge.actions import keep_phrase, load_demo_phrases, remove_phrase
from app.knowledge.articles import (
    Topic,
    Written,
    article_of,
    articles_about,
    find_articles,
    keep_article,
    versions_of,
    withdraw_article,
)
from app.knowledge.demo import load_demo_articles
from app.knowledge.models import Article, ArticleVersion, Phrase
from app.knowledge.queries import phrases_about, phrases_for

__all__ = [
    "Article",
    "ArticleVersion",
    "Phrase",
    "Topic",
    "Written",
    "article_of",
    "articles_about",
    "find_articles",
    "keep_article",
    "keep_phrase",
    "load_demo_articles",
    "load_demo_phrases",
    "phrases_about",
    "phrases_for",
    "remove_phrase",
    "versions_of",
    "withdraw_article",
]
