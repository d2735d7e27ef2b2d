"""A whole house on one machine: a broker, simulated boards and a real Home Assistant, for people and for tests.

``python -m demo`` starts it for a person; the end-to-end tests start the same parts through ``Stage``.
"""
