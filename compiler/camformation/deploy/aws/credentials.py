"""The AWS configuration of this machine: profiles, the region, and where credentials come from."""

from camformation.frozen import frozen


@frozen
class Configuration:
    """What is configured. `source` is botocore's word for the place of the credentials."""

    profiles: tuple[str, ...] = ()
    region: str | None = None
    source: str | None = None
    problem: str | None = None


def configuration(profile: str | None) -> Configuration:
    """Return what boto3 finds. No credentials are part of it, and nothing is called with them."""
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
