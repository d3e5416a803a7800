"""The lock of the run-time distributions is complete, hashed and in step with setup.py."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.lock import LOCK, Pin, read_lock

HASH = "--hash=sha256:" + "0" * 64
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


@pytest.fixture(scope="module")
def pins() -> list[Pin]:
    return list(read_lock(LOCK.read_text()))


def declared() -> list[Requirement]:
    """What setup.py declares in `install_requires`."""
    tree = ast.parse((LOCK.parent / "setup.py").read_text())
    (value,) = [
        keyword.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "install_requires"
    ]
    return [Requirement(text) for text in ast.literal_eval(value)]


def needed(requirements: list[Requirement]) -> Iterator[Requirement]:
    """Requirements and theirs, as far as this environment has installed them."""
    waiting, seen = list(requirements), set()
    while waiting:
        requirement = waiting.pop()
        for extra in {"", *requirement.extras}:
            key = (canonicalize_name(requirement.name), extra)
            if key in seen:
                continue
            seen.add(key)
            yield requirement
            try:
                theirs = distribution(requirement.name).requires or []
            except PackageNotFoundError:
                continue
            waiting += [
                one
                for one in map(Requirement, theirs)
                if one.marker is None or one.marker.evaluate({"extra": extra})
            ]


def test_the_lock_pins_what_setup_py_declares_and_all_that_this_needs(pins: list[Pin]) -> None:
    locked = {pin.name: pin.version for pin in pins if pin.applies()}

    wrong = [
        str(requirement)
        for requirement in needed(declared())
        if (version := locked.get(canonicalize_name(requirement.name))) is None
        or not requirement.specifier.contains(version, prereleases=True)
    ]

    assert not wrong, f"Run `make lock`: requirements.txt does not satisfy {wrong}."


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_each_supported_environment_installs_one_version_of_a_name(
    pins: list[Pin], python: str, machine: str
) -> None:
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": "linux",
        "platform_machine": machine,
    }
    names = [pin.name for pin in pins if pin.applies(environment)]

    assert len(names) == len(set(names)) > len(declared())


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("requests==2.34.2", "no hash for requests"),
        ("requests==2.34.2 --hash=sha256:123", "not a pin"),
        (f"requests>=2.34.2 {HASH}", "does not pin requests"),
        (f"requests {HASH}", "does not pin requests"),
        (f"requests==2.34.2,!=2.35 {HASH}", "does not pin requests"),
        ("--index-url https://packages.example/simple", "not a pin"),
        (f"requests @ https://packages.example/requests.whl {HASH}", "does not pin requests"),
    ],
)
def test_a_line_that_is_not_a_pin_with_a_hash_is_refused(line: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        list(read_lock(f"# a comment\nidna==3.20 \\\n    {HASH}\n    # via requests\n{line}\n"))
