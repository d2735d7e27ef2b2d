"""What holds for all tests."""

from hypothesis import settings

# The same examples in every run: who changes something learns what the change does. New examples are searched for by
# hand, with --hypothesis-profile=default or scripts/fuzz.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
