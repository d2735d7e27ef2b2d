"""Questions in words: asked through Assist, an action, tools of language models and the API."""

from .answering import async_answer, async_ask

__all__ = ["async_answer", "async_ask"]
