"""The style sheet of a page: light or dark as the screen is, narrow or wide, or on paper."""

KINDS = ("create", "import", "update", "replace", "delete", "failed", "running", "done", "notice")

STYLE = (
    """
:root { color-scheme: light dark; --page: #ffffff; --ink: #1d2433; --soft: #556074;
  --line: #d5dae3; --band: #f5f7fa; --link: #1d4ed8; --create: #1a7f37; --import: #0f766e;
  --update: #8a5a00; --replace: #b84a00; --delete: #c01c2a; --blocked: #86061d; --failed: #c01c2a;
  --running: #1d4ed8; --done: #1a7f37; --notice: #6b4fa0; --bad: #ffe9ea; --warn: #fff6da;
  --good: #e7f7ea; --mark: #fff1b8; --bar: #7d9cc9; --stack: #b9c2d2; --critical: #c2410c;
  --back: #9a6fb0; --short: #c3cad6; }
@media screen and (prefers-color-scheme: dark) { :root { --page: #12161d; --ink: #e7eaf1;
  --soft: #a3adbf; --line: #333c4c; --band: #1a202a; --link: #8fb2ff; --create: #57d171;
  --import: #5eead4; --update: #e3b341; --replace: #ff9a52; --delete: #ff7b7b; --blocked: #ff6f83;
  --failed: #ff7b7b; --running: #8fb2ff; --done: #57d171; --notice: #b9a2ea; --bad: #3a1519;
  --warn: #332a0d; --good: #12301b; --mark: #4a3d10; --bar: #5b7fb5; --stack: #4a5468;
  --critical: #ff8a4c; --back: #b792cc; --short: #3c4658; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 20px clamp(12px, 3vw, 40px) 60px; max-width: 1360px;
  background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Helvetica,
  Arial, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 34px 0 10px; } h3 { font-size: 15px; margin: 18px 0 6px; }
p { margin: 6px 0; } a { color: var(--link); } [hidden] { display: none !important; }
code, pre { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
pre { margin: 6px 0; white-space: pre-wrap; }
.soft { color: var(--soft); } nav { margin: 14px 0; display: flex; flex-wrap: wrap; gap: 4px 16px; }
.chips { display: flex; flex-wrap: wrap; gap: 8px; margin: 12px 0; }
.chip { border: 1px solid var(--line); border-radius: 999px; padding: 1px 12px; font-size: 14px; }
.verdict { border-left: 5px solid var(--line); background: var(--band); padding: 10px 16px;
  margin: 14px 0; border-radius: 0 8px 8px 0; font-weight: 600; }
.verdict.bad { border-color: var(--blocked); background: var(--bad); }
.verdict.warn { border-color: var(--update); background: var(--warn); }
.verdict.good { border-color: var(--create); background: var(--good); }
.card { border: 1px solid var(--line); border-radius: 8px; padding: 10px 16px; margin: 10px 0; }
.card.bad { border-color: var(--blocked); background: var(--bad); }
.card.warn { border-color: var(--update); background: var(--warn); }
.badge { display: inline-block; min-width: 4.6em; text-align: center; border-radius: 999px;
  padding: 0 8px; white-space: nowrap; overflow-wrap: normal;
  font-size: 12.5px; font-weight: 600; color: var(--page); background: var(--soft);
  margin-right: 6px; }
.filters { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin: 8px 0 12px; }
.filters input[type=checkbox] { margin: 0 6px 0 0; vertical-align: -1px; }
.search { display: inline-flex; gap: 8px; align-items: center; flex: 1 1 220px; }
.search input { flex: 1 1 auto; min-width: 0; font: inherit; color: inherit; padding: 3px 10px;
  background: var(--page); border: 1px solid var(--line); border-radius: 8px; }
details { border: 1px solid var(--line); border-radius: 8px; margin: 8px 0;
  background: var(--page); }
details > summary { cursor: pointer; padding: 6px 12px; }
details[open] > summary { border-bottom: 1px solid var(--line); }
details > :not(summary) { margin-left: 12px; margin-right: 12px; }
details.group > summary { font-weight: 600; background: var(--band); border-radius: 8px; }
.entry > summary code { font-weight: 600; }
.wide { overflow-x: auto; margin-top: 8px; margin-bottom: 8px; }
.wide:focus-visible { outline: 2px solid var(--link); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 4px 14px 4px 0;
  border-bottom: 1px solid var(--line); min-width: 5.5em; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
td pre { margin: 0; } td.number { text-align: right; white-space: nowrap; }
del, ins { text-decoration: none; } del { color: var(--delete); } ins { color: var(--create); }
.source { background: var(--band); border: 1px solid var(--line); border-radius: 6px;
  padding: 6px 10px; margin-top: 8px; margin-bottom: 8px; }
.source mark { background: var(--mark); color: inherit; }
.source .where { color: var(--soft); font-size: 13px; }
.leaf { border-bottom: 1px solid var(--line); padding: 6px 0; }
.leaf:last-child { border-bottom: none; }
.sides { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 4px 18px;
  margin-top: 3px; }
.sides pre { max-height: 24em; overflow: auto; }
.sides del, .sides ins, .sides span { border-left: 3px solid currentcolor; padding-left: 8px; }
.picture { display: block; height: auto; margin: 8px auto; border: 1px solid var(--line);
  border-radius: 8px; }
footer { margin-top: 40px; border-top: 1px solid var(--line); padding-top: 10px; font-size: 13px; }
@media (max-width: 560px) { .sides { grid-template-columns: minmax(0, 1fr); } }
@media (min-width: 900px) { .beside { display: grid; grid-template-columns: minmax(0, 3fr)
  minmax(260px, 2fr); gap: 18px; align-items: start; } }
@media print { body { max-width: none; padding: 0; font-size: 12px; }
  .filters, nav { display: none; }
  .sides pre { max-height: none; }
  h2, h3, summary { break-after: avoid; } .card, .leaf, .source, li, tr, .row, .picture {
  break-inside: avoid; }
  .wide { overflow: visible; } .picture { max-width: 100%; }
  details:not(.rest)::details-content { content-visibility: visible;
  display: block; } a { color: inherit; } }
"""
    + "\n".join(
        f".badge.{kind} {{ background: var(--{kind}); }} "
        f"body:has(#show-{kind}:not(:checked)) .entry.{kind} {{ display: none; }}"
        for kind in KINDS
    )
    + "\n.badge.blocked { background: var(--blocked); }\n"
)
