"""The style sheet of pictures: light or dark as the screen is, light on paper."""

from camformation.diagram.model import Mark, Way

STYLE = """
.architecture { --page: #ffffff; --ink: #1d2433; --soft: #556074; --line: #c3cad6; --frame: #f5f7fa;
  --inner: #ebeff5; --box: #ffffff; --cell: #dfe5ee; --flow: #44506a; --exposed: #c2410c;
  --outbound: #6b4fa0; --access: #0f766e; --balancer: #7c3aed; --service: #c2570c; --data: #1d4ed8;
  --store: #15803d; --secret: #b91c1c; --watch: #a21caf; --outside: #64748b;
  --create: #1a7f37; --update: #9a6700; --replace: #bc4c00; --delete: #cf222e; --blocked: #86061d;
  --create-fill: #e4f7e8; --update-fill: #fff6d6; --replace-fill: #ffe8d9; --delete-fill: #ffe5e5;
  --blocked-fill: #ffd3d8;
  font: 12.5px Helvetica, Arial, "Liberation Sans", sans-serif; background: var(--page); }
@media screen and (prefers-color-scheme: dark) { .architecture { --page: #12161d; --ink: #e7eaf1;
  --soft: #a3adbf; --line: #3c4658; --frame: #191f29; --inner: #202837; --box: #12161d;
  --cell: #2d3648; --flow: #b3bdd0; --exposed: #ff9557; --outbound: #b9a2ea; --access: #5eead4;
  --balancer: #b794f6; --service: #f6a560; --data: #7ea6ff; --store: #6fd08c; --secret: #ff8b8b;
  --watch: #e78bf0; --outside: #94a3b8; --create: #57d171; --update: #e3b341; --replace: #ff9a52;
  --delete: #ff7b7b; --blocked: #ff5a72; --create-fill: #12301b; --update-fill: #352b0c;
  --replace-fill: #3b2213; --delete-fill: #3d1518; --blocked-fill: #56101c; } }
.architecture text { fill: var(--ink); }
.architecture .page { fill: var(--page); }
.architecture .heading { font-size: 18px; font-weight: 700; }
.architecture .title { font-size: 14px; font-weight: 700; }
.architecture .head { paint-order: stroke; stroke: var(--frame); stroke-width: 5px;
  stroke-linejoin: round; }
.architecture .small { font-size: 12px; } .architecture .soft { fill: var(--soft); }
.architecture .frame { fill: var(--frame); stroke: var(--line); }
.architecture .inner { fill: var(--inner); stroke: var(--line); }
.architecture .tasks { fill: none; stroke: var(--service); stroke-dasharray: 5 4; }
.architecture .cell { fill: var(--cell); }
.architecture .box { fill: var(--box); stroke: var(--outside); stroke-width: 1.2; }
.architecture .edge { fill: none; stroke: var(--flow); stroke-width: 1.4; }
.architecture .tip { fill: var(--flow); stroke: none; }
.architecture .label { fill: var(--frame); stroke: none; }
.architecture .key { fill: none; stroke: var(--soft); stroke-width: 1.4; }
.architecture .outbound { stroke-dasharray: 7 4; } .architecture .access { stroke-dasharray: 2 3; }
.architecture .exposed { stroke-width: 2.2; }
"""
KINDS = {
    "balancer": ("balancer",),
    "service": ("service", "seed"),
    "data": ("database", "files"),
    "store": ("bucket",),
    "secret": ("secret", "key", "everyone"),
    "watch": ("watch",),
}


def style() -> str:
    """Return the style sheet of pictures."""
    rules = [STYLE.strip()]
    for colour, kinds in KINDS.items():
        for kind in kinds:
            rules.append(f".architecture .k-{kind} {{ stroke: var(--{colour}); }}")
    for way, colour in (
        (Way.EXPOSED, "exposed"),
        (Way.OUTBOUND, "outbound"),
        (Way.ACCESS, "access"),
    ):
        rules.append(f".architecture .{way} {{ stroke: var(--{colour}); }}")
        rules.append(f".architecture .tip.{way} {{ fill: var(--{colour}); stroke: none; }}")
    for mark in Mark:
        rules.append(
            f".architecture .m-{mark} {{ stroke: var(--{mark}); }} "
            f".architecture .box.m-{mark} {{ fill: var(--{mark}-fill); stroke-width: 2.4; }} "
            f".architecture .badge.m-{mark} {{ fill: var(--{mark}); stroke: none; }} "
            f".architecture .tip.m-{mark} {{ fill: var(--{mark}); stroke: none; }} "
            f".architecture text.t-{mark} {{ fill: var(--{mark}); font-weight: 700; }}"
        )
    rules.append(".architecture .badge-text { fill: var(--page); font-weight: 700; }")
    return "\n".join(rules)
