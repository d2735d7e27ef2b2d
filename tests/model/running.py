"""Runs a machine: briefly by default, for as long as it takes with ``--hypothesis-profile=thorough``."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

THOROUGH = "thorough"
#: Explaining a failure takes longer than finding it.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)

BRIEF = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    phases=_PHASES,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
#: 100,000 steps, other ones in every run.
settings.register_profile(
    THOROUGH, BRIEF, max_examples=1000, stateful_step_count=100, print_blob=True, derandomize=False
)


def is_thorough() -> bool:
    """Whether somebody asked for the long run."""
    return settings.get_current_profile_name() == THOROUGH


def run(machine: type[RuleBasedStateMachine]) -> None:
    """Take many random walks through a machine."""
    run_state_machine_as_test(machine, settings=settings.default if is_thorough() else BRIEF)
