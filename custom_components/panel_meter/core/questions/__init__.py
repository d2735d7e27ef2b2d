"""Questions in words: a sentence becomes a query, and what is found becomes an answer."""
