# The command in an image: `docker build --tag camformation .`, then
# `docker run --rm --volume "$PWD:/work" --user "$(id -u):$(id -g)" camformation validate camunda.yaml`
FROM python:3.14-slim AS build
WORKDIR /source
COPY constraints.txt hatch_build.py LICENSE README.md pyproject.toml ./
COPY compiler compiler
COPY schemas schemas
COPY spec spec
RUN python -m venv /opt/camformation \
    && /opt/camformation/bin/pip install --no-cache-dir --constraint constraints.txt '.[pictures]'

FROM python:3.14-slim
# For `plan --base REVISION`, in a folder that belongs to whoever mounts it.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory /work
COPY --from=build /opt/camformation /opt/camformation
ENV PATH=/opt/camformation/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["camformation"]
