"""Figures: what was measured, what was to be reached, and how to measure it again."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass
class Figure:
    """One measured figure."""

    what: str
    value: float
    unit: str = ""
    goal: float | None = None
    at_least: bool = False
    """Whether the goal is a lower bound; otherwise it is an upper one."""
    more: dict[str, Any] = field(default_factory=dict)
    """What else was measured in the same run."""

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def line(self) -> str:
        """Write the figure for a person."""
        verdict = {True: "met", False: "MISSED", None: ""}[self.is_met]
        bound = ""
        if self.goal is not None:
            bound = f"{'>=' if self.at_least else '<='} {self.goal:,g}"
        more = ", ".join(f"{name} {_short(value)}" for name, value in self.more.items())
        return (
            f"  {self.what:<58} {self.value:>10,.4g} {self.unit:<10} {bound:<10} {verdict:<7} "
            + (f"({more})" if more else "")
        )


@dataclass(frozen=True)
class Yardstick:
    """Something that is measured: its name on the command line, and what measures it."""

    name: str
    title: str
    measure: Callable[[bool], tuple[list[Figure], str]]
    """Measures, briefly if that is requested; returns the figures and a text to look at."""

    def report(self, *, quick: bool) -> list[Figure]:
        """Measure, print, and write benchmarks/results/<name>.json."""
        command = f"python -m benchmarks {self.name}{' --quick' if quick else ''}"
        print(f"\n{self.title}\n  $ {command}", flush=True)
        figures, text = self.measure(quick)
        for figure in figures:
            print(figure.line(), flush=True)
        if text:
            print(text, flush=True)
        RESULTS.mkdir(exist_ok=True)
        content = {
            "command": command,
            "python": platform.python_version(),
            "figures": [{**asdict(figure), "is_met": figure.is_met} for figure in figures],
            "text": text,
        }
        path = RESULTS / f"{self.name}.json"
        path.write_text(json.dumps(content, indent=2, default=str) + "\n")
        return figures


def _short(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
