# One image for everything of ours: provision, agents, edge, demo data, the development mail server and the sandbox payment provider.
FROM python:3.11-slim AS build
RUN pip install --no-cache-dir uv
WORKDIR /build
COPY pyproject.toml requirements.lock ./
# the lock also pins what only developers need: as a constraint it gives versions and hashes, and nothing more
RUN uv venv /venv \
    && uv pip install --no-cache --python /venv/bin/python --require-hashes -r pyproject.toml -c requirements.lock

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin lezzet \
    && install -d -o lezzet -m 0700 /var/lib/lezzet /var/lib/lezzet/keys /var/lib/lezzet/edge-keys \
        /var/lib/lezzet/mail /var/lib/lezzet/provider
COPY --from=build /venv /venv
WORKDIR /lezzet
COPY topics topics
COPY stores stores
COPY agents agents
COPY http_edge http_edge
COPY replay replay
COPY infra infra
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 KEYS_DIR=/var/lib/lezzet/keys
USER lezzet
CMD ["python", "-m", "http_edge"]
