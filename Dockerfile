# One image for all processes of an installation; which one a container is, its command says (see docker-compose.yml).
FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv .venv && .venv/bin/pip install --quiet uv
COPY requirements.lock ./
RUN .venv/bin/uv pip install --python .venv/bin/python --require-hashes -r requirements.lock \
    && .venv/bin/uv pip uninstall --python .venv/bin/python uv
COPY manage.py ./
COPY kurator_ui kurator_ui
COPY rollouts rollouts
COPY templates templates
COPY static static
RUN KURATOR_UI_STATE=/tmp/build KURATOR_UI_STATIC_ROOT=/app/static-files .venv/bin/python manage.py collectstatic --noinput

FROM python:3.11-slim
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    KURATOR_UI_STATE=/state \
    KURATOR_UI_STATIC_ROOT=/app/static-files \
    KURATOR_UI_HOST=0.0.0.0
RUN mkdir -m 0700 /state && chown 10001:10001 /state
USER 10001:10001
EXPOSE 8000
