#!/usr/bin/env bash
# Install the camformation of this action into an environment of its own, with pinned dependencies.
set -euo pipefail
place=$RUNNER_TEMP/camformation
[[ -x $place/bin/camformation ]] && exit
"$PYTHON" -m venv "$place"
"$place/bin/python" -m pip install --quiet --disable-pip-version-check \
    --constraint "$GITHUB_ACTION_PATH/constraints.txt" "${GITHUB_ACTION_PATH}[pictures]"
