"""Sync under every dialect of the API: `python -m integration_tests.dialects --help`."""

from __future__ import annotations

import argparse
import itertools
import random
import sys

from integration_tests.dialects.matrix import Matrix
from kustomer_sandbox.control.dialects import SWITCHES, dialect, parse
from kustomer_sandbox.control.like import Likeness

SINGLES = [{s.id: value} for s in SWITCHES for value in s.values if value != s.default]
PAIRS = [
    {**one, **other}
    for one, other in itertools.combinations(SINGLES, 2)
    if not one.keys() & other.keys()
]


def main() -> None:
    """Run the dialects and print a line for each; exit with 1 if one is neither exact nor known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=0, help="how many pairs; -1: all of them")
    parser.add_argument("--seed", type=int, default=1, help="draws the pairs")
    parser.add_argument("--only", action="append", help="just this dialect: id=value,id=value")
    parser.add_argument("--stream", action="append", default=[], help="just this stream")
    parser.add_argument(
        "--like",
        metavar="REPORT",
        help="just the dialect of an account, with its klasses and custom attributes: a report of "
        "`source-kustomer doctor`",
    )
    options = parser.parse_args()
    cases = [{}, *SINGLES]
    pairs = PAIRS if options.pairs < 0 else random.Random(options.seed).sample(PAIRS, options.pairs)
    if options.only:
        default = dialect({})
        cases = [
            {name: value for name, value in parse(text).items() if value != default[name]}
            for text in options.only
        ]
    if options.like:
        default = dialect({})
        observed = Likeness.read(options.like).dialect
        cases = [{name: value for name, value in observed.items() if value != default[name]}]
    wrong = 0
    with Matrix(options.stream, like=options.like) as matrix:
        for case in [*cases, *pairs]:
            verdict = matrix.run(case)
            print(f"{verdict.seconds:5.1f} s  {verdict}", flush=True)
            wrong += bool(verdict.problems)
    print(f"{len(cases) + len(pairs)} dialects, {wrong} wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
