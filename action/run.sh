#!/usr/bin/env bash
# One command of the GitHub Action: annotations, the step's summary, a comment, outputs.
set -euo pipefail
PATH=$RUNNER_TEMP/camformation/bin:$PATH

mapfile -t specs < <(grep -v '^[[:space:]]*$' <<<"$SPEC" || true)
mapfile -t arguments < <(grep -v '^[[:space:]]*$' <<<"$ARGUMENTS" || true)

fail() {
    echo "::error title=camformation::$1"
    exit 1
}

# GitHub takes at most 65,536 characters in a comment, and a mebibyte in a summary.
shortened() {
    if (($(wc -m <"$1") <= 60000)); then
        cat "$1"
    else
        head -c 60000 "$1" | iconv -c -f UTF-8 -t UTF-8
        printf '\n\n… The plan is longer. The log of this step and its annotations have all of it.\n'
    fi
}

# Write the plan as the pull request's comment for this spec, in place of the last one.
comment() {
    local marker="<!-- camformation ${specs[0]} -->" repository="repos/$GITHUB_REPOSITORY" id
    { echo "$marker" && shortened "$1"; } >"$RUNNER_TEMP/comment.md"
    id=$(MARKER=$marker gh api --paginate "$repository/issues/$PULL_REQUEST/comments" \
        --jq '.[] | select(.body | startswith(env.MARKER)) | .id' | head -n 1)
    if [[ -n $id ]]; then
        gh api --silent --method PATCH "$repository/issues/comments/$id" \
            --field body=@"$RUNNER_TEMP/comment.md"
    else
        gh api --silent --method POST "$repository/issues/$PULL_REQUEST/comments" \
            --field body=@"$RUNNER_TEMP/comment.md"
    fi
}

plan() {
    local status=0 text=$RUNNER_TEMP/plan.md
    rm -f "$text"
    [[ -z $BASE ]] || arguments+=(--offline --base "$BASE")
    [[ -z $PLAN_FILE ]] || arguments+=(--out "$PLAN_FILE")
    camformation plan "${specs[0]}" "${arguments[@]}" --format github --write "markdown=$text" ||
        status=$?
    echo "changes=$([[ $status == [23] ]] && echo true || echo false)" >>"$GITHUB_OUTPUT"
    echo "blocked=$([[ $status == 3 ]] && echo true || echo false)" >>"$GITHUB_OUTPUT"
    if [[ -f $text ]]; then
        shortened "$text" >>"$GITHUB_STEP_SUMMARY"
        if [[ $COMMENT == true && -n $PULL_REQUEST ]]; then
            comment "$text" ||
                echo "::warning title=camformation::the plan is no comment: the token may not write one"
        fi
    fi
    [[ $status == 2 ]] || exit "$status"
}

((${#specs[@]})) || fail "the input spec is empty"
case $COMMAND in
    validate | lint)
        camformation "$COMMAND" "${specs[@]}" "${arguments[@]}" --format github
        ;;
    plan | deploy)
        ((${#specs[@]} == 1)) || fail "$COMMAND takes one spec; use a step for each"
        if [[ $COMMAND == plan ]]; then
            plan
        else
            [[ -z $PLAN_FILE ]] || arguments+=(--plan "$PLAN_FILE")
            camformation deploy "${specs[0]}" "${arguments[@]}" --yes
        fi
        ;;
    *) fail "the input command is '$COMMAND'; it is validate, lint, plan or deploy" ;;
esac
