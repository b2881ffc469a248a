"""The AWS configuration of this machine: profiles, the region, and the source of credentials."""

from camformation.frozen import frozen


@frozen
class Configuration:
    """The configuration. `source` is botocore's name for the source of the credentials."""

    profiles: tuple[str, ...] = ()
    region: str | None = None
    source: str | None = None
    problem: str | None = None


def configuration(profile: str | None) -> Configuration:
    """Return boto3's configuration. It contains no credentials, and nothing is called with them."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import Session

    session = Session(profile=profile)
    try:
        profiles = tuple(session.available_profiles)
        region = session.get_config_variable("region")
        found = session.get_credentials()
    except (BotoCoreError, ClientError, OSError, ValueError) as error:
        return Configuration(problem=" ".join(str(error).split()))
    return Configuration(profiles, region, found.method if found else None)
