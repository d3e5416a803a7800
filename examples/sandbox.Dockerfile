# The emulated Kustomer API as an image, for compose.yaml; the connector's own is ../Dockerfile.
ARG BASE=docker.io/library/python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b
FROM ${BASE}
WORKDIR /sandbox
COPY setup.py ./
RUN sed -n '/^SANDBOX = \[/,/^\]/s/^ *"\(.*\)",$/\1/p' setup.py > requirements.txt && \
    python3 -m venv /venv && \
    /venv/bin/pip install --no-cache-dir --requirement requirements.txt
COPY kustomer_sandbox ./kustomer_sandbox
USER 1000:1000
EXPOSE 8080
ENTRYPOINT ["/venv/bin/python", "-m", "kustomer_sandbox", "--host", "0.0.0.0", "--port", "8080"]
