"""Sync under the dialects of the API: `python -m integration_tests.dialects --help`."""

from __future__ import annotations

import argparse
import sys
import time

from integration_tests.dialects.cases import PAIRS, SINGLES, Dialect, name_of, sample_of_pairs
from integration_tests.dialects.matrix import Matrix
from kustomer_sandbox.control.dialects import DEFAULT, parse
from kustomer_sandbox.control.like import Likeness


def main() -> None:
    """Run dialects and print a line for each; exit with 1 if one has an undocumented outcome."""
    options = _options()
    cases = [{}, *SINGLES, *sample_of_pairs(options.pairs, options.seed)]
    if options.only:
        cases = [_differences(parse(text)) for text in options.only]
    if options.like:
        cases = [_differences(Likeness.read(options.like).dialect)]
    wrong = 0
    with Matrix(options.stream, like=options.like) as matrix:
        for case in cases:
            began = time.monotonic()
            verdict = matrix.run(case)
            wrong += bool(verdict.problems)
            seconds = time.monotonic() - began
            print(f"{seconds:5.1f} s  {name_of(case)}: {verdict.summary}", flush=True)
            for problem in verdict.problems:
                print(f"    {problem}")
    print(f"{len(cases)} dialects, {wrong} with an outcome that is not documented")
    sys.exit(wrong > 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=len(PAIRS), help="how many pairs of switches")
    parser.add_argument("--seed", type=int, default=1, help="draws the pairs")
    parser.add_argument("--only", action="append", help="just this dialect: id=value,id=value")
    parser.add_argument("--stream", action="append", default=[], help="just this stream")
    parser.add_argument(
        "--like",
        metavar="REPORT",
        help="just the dialect of an account, with its klasses and custom attributes: a report of "
        "`source-kustomer doctor`",
    )
    return parser.parse_args()


def _differences(dialect: Dialect) -> Dialect:
    """The switches that do not have their default."""
    return {name: value for name, value in dialect.items() if value != DEFAULT[name]}


if __name__ == "__main__":
    main()
