# The emulated Kustomer API as an image, for compose.yaml; the connector's own is ../Dockerfile.
ARG BASE=docker.io/library/python:3.11-slim-bookworm
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
