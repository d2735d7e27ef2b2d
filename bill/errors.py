"""What a person is told when a file cannot be billed."""


class Unusable(Exception):
    """A file is missing, unreadable or wrong; the message is a sentence."""
