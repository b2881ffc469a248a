#!/usr/bin/env bash
# One command of the GitHub Action: annotations, outputs, and what the report of a plan is made of.
# The bash of macOS is 3.2: under -u it expands no empty array, and it has no command that fills one.
set -euo pipefail
PATH=$RUNNER_TEMP/camformation/bin:$PATH
report=$RUNNER_TEMP/camformation-report

fail() {
    echo "::error title=camformation::$1"
    exit 1
}

specs=() count=0
while IFS= read -r line; do
    if [[ $line == *[![:space:]]* ]]; then
        specs+=("$line")
        count=$((count + 1))
    fi
done <<<"$SPEC"
((count)) || fail "the input spec is empty"

words=("$COMMAND" "${specs[@]}")
while IFS= read -r line; do
    if [[ $line == *[![:space:]]* ]]; then words+=("$line"); fi
done <<<"$ARGUMENTS"

plan() {
    local status=0
    rm -rf "$report" && mkdir "$report"
    [[ -z $BASE ]] || words+=(--offline --base "$BASE")
    [[ -z $PLAN_FILE ]] || words+=(--out "$PLAN_FILE")
    camformation "${words[@]}" --format github --write "markdown=$report/plan.md" \
        --write "mermaid=$report/picture.mmd" --write "html=$report/review.html" || status=$?
    echo "changes=$([[ $status == [23] ]] && echo true || echo false)" >>"$GITHUB_OUTPUT"
    echo "blocked=$([[ $status == 3 ]] && echo true || echo false)" >>"$GITHUB_OUTPUT"
    if [[ -f $report/plan.md ]]; then
        # An artifact's name may have no slash or colon.
        {
            echo "report=$report"
            echo "artifact=camformation-$(printf %s "${specs[0]}" | tr -c 'A-Za-z0-9._-' _)"
        } >>"$GITHUB_OUTPUT"
    fi
    [[ $status == 2 ]] || exit "$status"
}

case $COMMAND in
    validate | lint)
        camformation "${words[@]}" --format github
        ;;
    plan | deploy)
        ((count == 1)) || fail "$COMMAND takes one spec; use a step for each"
        if [[ $COMMAND == plan ]]; then
            plan
        else
            [[ -z $PLAN_FILE ]] || words+=(--plan "$PLAN_FILE")
            camformation "${words[@]}" --yes
        fi
        ;;
    *) fail "the input command is '$COMMAND'; it is validate, lint, plan or deploy" ;;
esac
