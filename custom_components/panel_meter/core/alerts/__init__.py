"""Alerts: rules, what they see, and the life of an alert."""
