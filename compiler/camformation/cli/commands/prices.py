"""`camformation prices` shows and reads the list prices that estimates use."""

import json

import click

from camformation.cli.options import data_options


@click.command("prices")
@click.argument("regions", nargs=-1, metavar="[REGION]...")
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
    from camformation.report.prices import missing_text, prices_data, prices_text
    from camformation.report.terminal_text import visible_lines

    with errors_shown(SpecFiles()):
        if regions:
            found = _read(tuple(dict.fromkeys(regions)), profile, role_arn)
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
    from camformation.deploy.cloud.target import target_for
    from camformation.regions import REGIONS, closest, misspelt

    for region in regions:
        if region not in REGIONS and misspelt(region):
            hint = f"did you mean {closest(region)}?"
            raise DeployError("CAM608", f"AWS has no region {region}", hint)
    aws = price_list(target_for(spec_region=None, profile=profile, role_arn=role_arn))
    found = {}
    for region in regions:
        click.echo(f"reading the prices of {region}", err=True)
        offers = read_offers(region, aws.products)
        if not offers.prices:
            raise DeployError(
                "CAM608",
                f"the AWS Price List of these credentials has no prices for {region}",
                "regions look like eu-west-2; each AWS partition has its own Price List",
            )
        for key, each in offers.ambiguous.items():
            said = " and ".join(f"${usd:g}" for usd in each)
            click.echo(f"note: {key} of {region} is left out: it has {said}", err=True)
        found[region] = dict(offers.prices)
    return found
