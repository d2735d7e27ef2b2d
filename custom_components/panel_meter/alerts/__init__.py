"""Alerts in Home Assistant: rules are fed, the book is kept, and people are told."""
