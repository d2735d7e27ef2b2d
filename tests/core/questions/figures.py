"""Prints what becomes of the tables of sentences: ``python -m tests.core.questions.figures [--all]``."""

import sys

from .house import FILES, asked, figures, outcome, sentences


def main() -> None:
    print(f"{'table':18} {'language':8} {'sentences':>9} {'parsed':>7} {'declined':>9} {'wrong':>6}")
    for (file, language), counts in figures().items():
        total = counts.total()
        print(f"{file:18} {language:8} {total:9} {counts['right']:7} {counts['declined']:9} {counts['wrong']:6}")
    for file in FILES if "--all" in sys.argv else ():
        for sentence in sentences(file):
            if (found := outcome(sentence)) != "right":
                print(f"{found:8} {sentence.language} {sentence.text!r}: {asked(sentence)}, not {sentence.expected}")


if __name__ == "__main__":
    main()
