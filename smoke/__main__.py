"""`make aws-smoke`: a deployment's whole life in an account, recorded, and always destroyed."""

import argparse
import os
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from camformation.cli.main import main as camformation
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from smoke.account import Account, account
from smoke.costs import costs
from smoke.ending import BOOTSTRAP, artifact_bucket, destroy, destroy_bootstrap, exists
from smoke.recording import Recorder, recorded
from smoke.steps import Steps, Stopped, left

ROOT = Path(__file__).parents[1]
SPEC = """\
extends: {base}
name: {name}
region: {region}
"""


def say(line: str) -> None:
    """Print a line at once, between those of the commands."""
    print(line, flush=True)


class Watch:
    """Ctrl-C and the budget: both end the steps as Ctrl-C ends a command, never the ending."""

    def __init__(self, minutes: float) -> None:
        self.minutes = minutes
        self.why = ""

    def __enter__(self) -> "Watch":
        signal.signal(signal.SIGALRM, self._out_of_time)
        # Again and again: a command may ask what Ctrl-C means, and the second one is an answer.
        signal.setitimer(signal.ITIMER_REAL, self.minutes * 60, 2)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _out_of_time(self, _signal: int, _frame: FrameType | None) -> None:
        self.why = f"the budget of {self.minutes:g} minutes is spent"
        os.kill(os.getpid(), signal.SIGINT)

    def command(self, arguments: list[str]) -> int:
        """Run a command; 130 is the exit code of one that Ctrl-C has broken off."""
        code = camformation(arguments)
        if code == 130:
            self.why = self.why or "broken off by Ctrl-C"
        return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, run, destroy, and report; 0 where everything went as it should."""
    parser = argparse.ArgumentParser(prog="make aws-smoke", description=__doc__)
    parser.add_argument("--profile")
    parser.add_argument("--region", required=True)
    parser.add_argument("--minutes", type=float, default=120, help="the budget before destroying")
    parser.add_argument("--local", action="store_true", help="rehearse it on the local target")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "smoke")
    options = parser.parse_args(arguments)
    name = f"camunda-smoke-{secrets.token_hex(3)}"
    folder = options.out.absolute() / name
    folder.mkdir(parents=True)
    spec = folder / "spec.yaml"
    base = ROOT / "spec" / "development.yaml"
    spec.write_text(SPEC.format(base=base, name=name, region=options.region), "utf-8")
    state = folder / "local" if options.local else None
    with account(options.profile, options.region, state) as where:
        caller = where.client("sts").get_caller_identity()
        if not _agreed(where, caller, spec, options.minutes, options.yes):
            return 1
        return _run(where, caller["Account"], spec, name, options.minutes)


def _agreed(where: Account, caller: dict[str, str], spec: Path, minutes: float, yes: bool) -> bool:
    compiled = compile_spec(str(spec), lambda file: Path(file).read_bytes(), Layout.FLAT)
    hours = minutes / 60 + 0.5  # deleting takes time too
    lines, total = costs(compiled.templates["root"]["Resources"], hours)
    say(f"Deploys {spec} as {caller['Arn']} to {where.region}, for {minutes:g} minutes at most,")
    say("then destroys it. Roughly, in US dollars, if it takes all of that time:")
    say("\n".join(f"  {line}" for line in lines))
    say(f"  together {total:.2f}, and cents for logs, requests and data")
    if where.local:
        say("This is the local target: it costs nothing.")
        return True
    if yes:
        return True
    return sys.stdin.isatty() and input("Type yes to begin: ").strip() == "yes"


def _run(where: Account, number: str, spec: Path, name: str, minutes: float) -> int:
    recorder = Recorder(number, name)
    watch = Watch(minutes)
    steps = Steps(where, recorder, spec, name, watch.command, say, lambda: watch.why)
    had_bootstrap = exists(where, BOOTSTRAP)
    gone = False
    with recorded(recorder):
        try:
            with watch:
                steps.all(lambda: artifact_bucket(where))
        except Stopped as stop:
            say(f"\nstopped: {stop}")
            steps.problems = steps.problems or [str(stop)]
        except KeyboardInterrupt:
            steps.problems.append(watch.why or "broken off by Ctrl-C")
        except Exception as error:
            steps.problems.append(f"{recorder.step}: {type(error).__name__}: {error}")
        finally:
            # Only what the terminal sends twice more ends this: nothing else knows what is left.
            gone = _end(where, name, steps, had_bootstrap)
    recorder.write(spec.parent)
    return _report(steps, spec.parent, gone)


def _end(where: Account, name: str, steps: Steps, had_bootstrap: bool) -> bool:
    signal.signal(signal.SIGINT, _patience)
    gone = False
    try:
        steps.recorder.step = "destroy"
        if exists(where, name):
            steps.look()
        gone = destroy(where, name, camformation, say)
        steps.after_the_end()
        if not had_bootstrap:
            destroy_bootstrap(where, say)
    except (Exception, KeyboardInterrupt) as error:
        steps.problems.append(f"destroying: {type(error).__name__}: {error}")
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return gone


def _patience(_signal: int, _frame: FrameType | None) -> None:
    say("\nbeing destroyed; press Ctrl-C again to leave it as it is, with what it costs")
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _report(steps: Steps, folder: Path, gone: bool) -> int:
    answers = {True: "holds", False: "DOES NOT HOLD", None: "not seen"}
    lines = [f"{answers[v.held]}: {v.question}: {v.answer}" for v in steps.verdicts]
    lines += [f"PROBLEM: {problem}" for problem in steps.problems]
    try:
        remains = left(steps.account, steps.stacks)
    except Exception as error:
        remains = [f"cannot be read: {type(error).__name__}: {error}"]
    if not gone:
        remains.insert(0, f"the stack {steps.stack}: `camformation destroy {steps.stack}`")
    lines += [f"LEFT: {each}" for each in remains] or ["nothing is left"]
    text = "\n".join(lines) + "\n"
    (folder / "report.txt").write_text(
        text.replace(steps.recorder.account, "111122223333"), "utf-8"
    )
    say(f"\n{text}recorded in {folder}")
    wrong = steps.problems or remains or not gone
    return 1 if wrong or any(verdict.held is False for verdict in steps.verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
