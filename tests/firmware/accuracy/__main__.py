"""`python -m tests.firmware.accuracy [--short] [GROUP ...]` prints the accuracy grid; 1 if a limit is not kept."""

import argparse
import sys

from ..measurement_build import compiler
from .rows import GROUPS, cost, play, report


def main() -> int:
    """Play, print, judge."""
    parser = argparse.ArgumentParser(description="Plays the accuracy grid of the firmware on this computer.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"one of: {', '.join(GROUPS)}, cost; default: all")
    parser.add_argument("--short", action="store_true", help="a part of it, briefly")
    asked = parser.parse_args()
    if unknown := set(asked.groups) - {*GROUPS, "cost"}:
        parser.error(f"there is no group {', '.join(sorted(unknown))}")
    if compiler() is None:
        parser.error("g++ is not installed")
    kept = True
    if groups := [group for group in asked.groups or GROUPS if group != "cost"]:
        rows = play(is_short=asked.short, groups=groups)
        print(report(rows))
        kept = all(row.is_kept and not row.counted_mwh for row in rows)
    if not asked.groups or "cost" in asked.groups:
        print("\n| circuits | instructions a scan, -O2 | -Os |\n|---|---|---|")
        for circuits in (1, 4, 6):
            counts = [cost(circuits, optimised) for optimised in ("-O2", "-Os")]
            print(f"| {circuits} | " + " | ".join("" if each is None else f"{each:.0f}" for each in counts) + " |")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
