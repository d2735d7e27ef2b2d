"""What can go wrong while the demo comes up, said so that the person at the keyboard can act on it."""


class DemoError(Exception):
    """A sentence for the person who started the demo."""
