"""`make mutants`: change the code in one place at a time, and see whether a test notices."""

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

from mutants.mutations import Mutant, mutants
from mutants.running import KILLED, TIMED_OUT, test

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "compiler"
DEPLOY = SOURCE / "camformation" / "deploy"
REPORT = ROOT / "build" / "mutants.txt"
FOLDERS = ("plan", "operation", "change", "destruction")
LEFT_OUT = {  # models and tables: their lines run when they are imported, before any test
    *("plan/holdings", "plan/model", "plan/running", "plan/situation", "plan/stored"),
    *("operation/durations", "operation/events", "operation/orders", "change/request"),
}
SLOW = {  # run a server or a process: their time is not worth what they would notice
    *("test_aws", "test_aws_stack_sets", "test_execute_locally", "test_local_target"),
    *("test_stack_sets_over_http", "test_connection", "test_package", "test_answers_of_others"),
}


def main() -> None:
    """Make the mutants, try them, and print the shares that the tests kill."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", help="such as plan/phantom; all if none is named")
    parser.add_argument("--sample", type=int, help="try so many of them, drawn at random")
    parser.add_argument("--seed", type=int, default=1, help="draw the same ones again")
    parser.add_argument("--workers", type=int, default=2, help="mutants tried at once")
    parser.add_argument("--fail-under", type=float, default=85, help="share to kill, in percent")
    options = parser.parse_args()
    known = modules()
    if unknown := set(options.modules) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    chosen = options.modules or known
    found = [mutant for name in chosen for mutant in mutants(DEPLOY / f"{name}.py", SOURCE)]
    if options.sample is not None and options.sample < len(found):
        drawn = set(random.Random(options.seed).sample(range(len(found)), options.sample))
        found = [mutant for number, mutant in enumerate(found) if number in drawn]
    started = time.monotonic()
    verdicts = test(found, files(), options.workers)
    share = report(verdicts, time.monotonic() - started)
    sys.exit(share < options.fail_under)


def modules() -> list[str]:
    """Return the names of the modules to change."""
    paths = (path for folder in FOLDERS for path in sorted((DEPLOY / folder).glob("[!_]*.py")))
    names = [f"{path.parent.name}/{path.stem}" for path in paths]
    return [name for name in names if name not in LEFT_OUT]


def files() -> list[Path]:
    """Return the test files to draw from."""
    folders = (ROOT / "tests" / name for name in ("plan", "deploy"))
    every = (path for folder in folders for path in sorted(folder.glob("test_*.py")))
    return [path for path in every if path.stem not in SLOW]


def report(verdicts: dict[Mutant, str], seconds: float) -> float:
    """Print the share killed of each module, write the survivors down; return the whole share."""
    total: Counter[str] = Counter()
    killed: Counter[str] = Counter()
    lines = []
    for mutant, verdict in sorted(verdicts.items(), key=lambda pair: (pair[0].path, pair[0].line)):
        name = str(mutant.path.relative_to(DEPLOY).with_suffix(""))
        total[name] += 1
        killed[name] += verdict in (KILLED, TIMED_OUT)
        if verdict not in (KILLED, TIMED_OUT):
            lines.append(f"{name}.py:{mutant.line} {verdict}\n{mutant.diff}\n")
    for name in total:
        print(f"{name:24} {killed[name]:4} of {total[name]:4} killed, "
              f"{killed[name] / total[name]:4.0%}")  # fmt: skip
    share = 100 * killed.total() / (total.total() or 1)
    print(f"{'all':24} {killed.total():4} of {total.total():4} killed, {share:4.1f} %, "
          f"in {seconds:.0f} s; survivors in {REPORT.relative_to(ROOT)}")  # fmt: skip
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text("\n".join(lines), "utf-8")
    return share


if __name__ == "__main__":
    main()
