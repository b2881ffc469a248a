#!/usr/bin/env bash
# Show a plan as the step's summary and as a comment: its text, its picture, and where its page is.
set -euo pipefail
body=$REPORT/body.md most=60000

# GitHub takes at most 65,536 characters in a comment, and a mebibyte in a summary.
length() { wc -m <"$1" | tr -d ' '; }

text() {
    if (($(length "$REPORT/plan.md") <= most)); then
        cat "$REPORT/plan.md"
    else
        head -c $most "$REPORT/plan.md" | iconv -c -f UTF-8 -t UTF-8
        printf '\n\n… The plan is longer. The log of this step and its annotations have all of it.\n'
    fi
}

picture() {
    if (($(length "$REPORT/plan.md") + $(length "$REPORT/picture.mmd") <= most)); then
        printf '\n<details><summary>Picture</summary>\n\n```mermaid\n'
        cat "$REPORT/picture.mmd"
        printf '```\n\n</details>\n'
    fi
}

page() {
    if [[ -n $ARTIFACT ]]; then
        printf '\n[Review page](%s): before and after of each change, exposure, cost, timeline.\n' \
            "$ARTIFACT"
    fi
}

# Write the report as the pull request's comment for this spec, in place of the last one.
comment() {
    local marker repository="repos/$GITHUB_REPOSITORY" id
    marker="<!-- camformation $(grep -m 1 '[^[:space:]]' <<<"$SPEC") -->"
    { echo "$marker" && cat "$body"; } >"$REPORT/comment.md"
    id=$(MARKER=$marker gh api --paginate "$repository/issues/$PULL_REQUEST/comments" \
        --jq '.[] | select(.body | startswith(env.MARKER)) | .id' | head -n 1)
    if [[ -n $id ]]; then
        gh api --silent --method PATCH "$repository/issues/comments/$id" \
            --field body=@"$REPORT/comment.md"
    else
        gh api --silent --method POST "$repository/issues/$PULL_REQUEST/comments" \
            --field body=@"$REPORT/comment.md"
    fi
}

{ text && picture && page; } >"$body"
cat "$body" >>"$GITHUB_STEP_SUMMARY"
if [[ $COMMENT == true && -n $PULL_REQUEST ]]; then
    comment || echo "::warning title=camformation::the plan is no comment: the token may not write one"
fi
