"""Conversations with the user: set-up, options and panels."""
