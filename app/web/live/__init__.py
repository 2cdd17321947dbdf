"""Live news for open pages: what a command changed reaches every page that may know of it, milliseconds
after its commit.

A process publishes `(instance, row number)` and nothing else; each web process hears them by one subscription, reads
from the database once what they mean, and hands every open stream what its person may see. Redis is never the truth:
when it is away, pages say so and go on working."""

from app.web.live.hub import Hub
from app.web.live.publisher import CHANNEL, Publisher

__all__ = ["CHANNEL", "Hub", "Publisher"]
