"""AWS Organizations over boto3."""

from collections.abc import Iterator

from camformation.deploy.aws.client import Client


class AwsOrganization:
    """Implements `Organization`. The contents of a unit are read once."""

    def __init__(self, organizations: Client) -> None:
        self._aws = organizations
        self._management: str | None = None
        self._found: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def accounts(self, organizational_unit: str) -> tuple[str, ...]:
        """See `Organization`."""
        found = set(self._below(organizational_unit))
        if self._management is None:
            organization = self._aws.call("describe_organization")["Organization"]
            self._management = str(organization["MasterAccountId"])
        return tuple(sorted(found - {self._management}))

    def _below(self, unit: str) -> Iterator[str]:
        if unit not in self._found:
            self._found[unit] = (
                tuple(
                    account["Id"]
                    for account in self._aws.items(
                        "list_accounts_for_parent", "Accounts", ParentId=unit
                    )
                    # Organizations replaces Status by State on 9 September 2026
                    if account.get("State", account.get("Status")) == "ACTIVE"
                ),
                tuple(
                    child["Id"]
                    for child in self._aws.items(
                        "list_organizational_units_for_parent",
                        "OrganizationalUnits",
                        ParentId=unit,
                    )
                ),
            )
        accounts, children = self._found[unit]
        yield from accounts
        for child in children:
            yield from self._below(child)
