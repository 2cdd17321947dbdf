"""What people know by heart and should not have to type: phrases, one's own and everybody's (Q20).

Articles, policies and standard answers will stand beside them (K01-K08)."""

from app.knowledge.actions import keep_phrase, load_demo_phrases, remove_phrase
from app.knowledge.models import Phrase
from app.knowledge.queries import phrases_about, phrases_for

__all__ = ["Phrase", "keep_phrase", "load_demo_phrases", "phrases_about", "phrases_for", "remove_phrase"]
