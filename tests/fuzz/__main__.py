"""Fuzzes one target with atheris: ``python -m tests.fuzz TARGET [--seconds N] [--corpus FOLDER] [--input FILE]``."""

import argparse
from pathlib import Path
import sys
import tempfile

import atheris

with atheris.instrument_imports(include=["custom_components.panel_meter.core", "custom_components.panel_meter.ledger"]):
    from .targets import MAX_PAYLOAD, SEEDS, TARGETS, dictionary


def main() -> None:
    """Fuzz until the time is over or something is found; what was found is written beside the corpus."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description="Fuzz what reads bytes from outside.")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="folder that inputs are kept in between runs")
    parser.add_argument("--input", type=Path, help="try this one input, such as one that was found")
    options = parser.parse_args()
    if options.input is not None:
        TARGETS[options.target](options.input.read_bytes())
        return
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        corpus: Path = options.corpus or work / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(SEEDS[options.target]):
            (corpus / f"seed-{number}").write_bytes(seed)
        words = work / "words.dict"
        words.write_text(dictionary())
        found = corpus.parent if options.corpus else Path()
        arguments = [
            "fuzz",
            f"-max_total_time={options.seconds}",
            f"-max_len={MAX_PAYLOAD + 100}",
            f"-dict={words}",
            f"-artifact_prefix={found.absolute()}/fuzz-{options.target}-",
            "-timeout=5",
            "-print_final_stats=1",
            str(corpus),
        ]
        atheris.Setup(arguments, TARGETS[options.target])
        atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
