# The connector as an image.
#
# BASE may be any Debian-like image with Python 3.10 to 3.13. Override it, with --build-arg BASE=…, for a mirror, for
# Airbyte's docker.io/airbyte/python-connector-base, or for the local stand-in that containers/base makes where no
# registry can be reached. The dependency bot updates the digest here and in examples/sandbox.Dockerfile.
ARG BASE=docker.io/library/python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

FROM ${BASE} AS installed
USER root
COPY requirements.txt containers/slim.py /tmp/
# Only files whose hashes are in the lock, and only wheels: no code of a package runs while it is installed.
RUN python3 -m pip install --no-cache-dir --require-hashes --only-binary :all: --target /site \
        --requirement /tmp/requirements.txt && \
    python3 /tmp/slim.py /site
COPY source_kustomer /site/source_kustomer
RUN python3 -m compileall -q /site

FROM ${BASE}
ARG VERSION=0.0.0
ENV PYTHONPATH=/site \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    AIRBYTE_ENTRYPOINT="python3 /airbyte/integration_code/main.py"
COPY --from=installed /site /site
COPY main.py /airbyte/integration_code/main.py
WORKDIR /airbyte/integration_code
USER 1000:1000
ENTRYPOINT ["python3", "/airbyte/integration_code/main.py"]
LABEL io.airbyte.version=${VERSION} \
      io.airbyte.name=airbyte/source-kustomer \
      org.opencontainers.image.title="source-kustomer" \
      org.opencontainers.image.description="Airbyte source connector for Kustomer" \
      org.opencontainers.image.licenses=MIT \
      org.opencontainers.image.version=${VERSION} \
      org.opencontainers.image.documentation=https://docs.airbyte.com/integrations/sources/kustomer
