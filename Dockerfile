# The connector as an image. BASE may be any Debian-like image with Python 3.10 to 3.13: the official slim one, or
# Airbyte's docker.io/airbyte/python-connector-base.
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS wheels
USER root
WORKDIR /build
COPY setup.py pyproject.toml README.md ./
COPY source_kustomer ./source_kustomer
RUN python3 -m pip wheel --no-cache-dir --wheel-dir /wheels .

FROM ${BASE} AS installed
USER root
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    python3 -m pip install --no-cache-dir --no-index --find-links /wheels --target /site airbyte-source-kustomer
COPY containers/slim.py /tmp/slim.py
RUN python3 /tmp/slim.py /site && python3 -m compileall -q /site

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
