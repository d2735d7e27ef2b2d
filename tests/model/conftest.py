"""How long the machines run: short by default, for hours with ``--hypothesis-profile=thorough``."""

from hypothesis import HealthCheck, settings

#: About 100,000 steps of each machine: ``scripts/test tests/model --hypothesis-profile=thorough``.
settings.register_profile(
    "thorough",
    max_examples=1000,
    stateful_step_count=100,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
