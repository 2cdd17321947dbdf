"""No domain nouns here: session, queue, clock, settings, errors, i18n."""
