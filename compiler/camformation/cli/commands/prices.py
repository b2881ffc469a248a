"""`camformation prices` shows and reads the list prices that estimates use."""

import json

import click

from camformation.cli.completers import regions
from camformation.cli.options import data_options


@click.command("prices")
@click.argument("regions", nargs=-1, metavar="[REGION]...", shell_complete=regions)
@click.option("--profile", help="The AWS profile to use.")
@click.option("--role-arn", metavar="ARN", help="A role to assume for all AWS calls.")
@data_options
def command(
    regions: tuple[str, ...], profile: str | None, role_arn: str | None, style: str
) -> None:
    """Read list prices of regions from the AWS Price List, for your estimates of cost.

    They are kept in your cache folder, and used wherever they are newer than the bundled ones.
    Without a region, shows the regions with prices, which needs no AWS account.
    """
    from datetime import UTC, datetime

    from camformation.cli.own_prices import keep_prices, own_file, price_table
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown
    from camformation.deploy.cloud.errors import DeployError
    from camformation.report.prices import missing_text, prices_data, prices_text
    from camformation.report.terminal_text import visible_lines

    with errors_shown(SpecFiles()):
        if regions:
            try:
                found = _read(tuple(dict.fromkeys(regions)), profile, role_arn)
            except DeployError as error:  # `prices` has no --local
                from camformation.deploy.aws.failures import LOCAL_HINT

                hint = (error.hint or "").replace(LOCAL_HINT, "estimates use the bundled prices")
                raise DeployError(error.code, error.message, hint or None) from error
            table = keep_prices(found, datetime.now(UTC).date().isoformat())
        else:
            table = price_table()
        data = prices_data(table, sorted(found) if regions else table.regions())
        if style == "json":
            click.echo(json.dumps(data, indent=2))
            return
        text = prices_text(data)
        text += "".join(missing_text(each) for each in data) if regions else ""
        text += f"Kept in {own_file()}.\n" if regions else ""
        click.echo(visible_lines(text), nl=False)


def _read(
    regions: tuple[str, ...], profile: str | None, role_arn: str | None
) -> dict[str, dict[str, float]]:
    """Return the Price List's prices of regions. Raises DeployError."""
    from camformation.cost.offers import read_offers
    from camformation.deploy.aws.connection import price_list
    from camformation.deploy.cloud.errors import DeployError
    from camformation.deploy.cloud.target import check_region, target_for
    from camformation.regions import IN_USD, REGIONS, closest, partition_of

    for region in regions:
        if (partition := partition_of(region)) not in IN_USD:
            message = f"the AWS Price List has no prices in USD of {region}"
            hint = f"AWS publishes the prices of the partition {partition} elsewhere"
            raise DeployError("CAM608", message, hint)
        if region in REGIONS:
            continue
        check_region(region)
        meant = f"; did you mean {near}?" if (near := closest(region)) else ""
        click.echo(f"note: AWS has no region {region}, unless it is new{meant}", err=True)
    aws = price_list(target_for(spec_region=None, profile=profile, role_arn=role_arn))
    found = {}
    for region in regions:
        click.echo(f"reading the prices of {region}", err=True)
        offers = read_offers(region, aws.products)
        if not offers.prices:
            raise DeployError(
                "CAM608",
                f"the AWS Price List of these credentials has no prices for {region}",
                "the list has new regions some time after their start",
            )
        for key, each in offers.ambiguous.items():
            said = " and ".join(f"${usd:g}" for usd in each)
            click.echo(f"note: {key} of {region} is left out: it has {said}", err=True)
        found[region] = dict(offers.prices)
    return found
