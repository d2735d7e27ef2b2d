"""Tariffs: what energy costs, when, and how a bill is made of it. Pure; times come in as UTC seconds."""
