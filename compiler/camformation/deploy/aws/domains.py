"""ACM, AWS Private CA and Route 53 over boto3."""

from camformation.deploy.aws.client import Answer, Client, is_missing
from camformation.deploy.cloud.account import Authority, Certificate, HostedZone
from camformation.deploy.cloud.errors import Refused


class AwsDomains:
    """Implements `Domains`."""

    def __init__(self, acm: Client, acm_pca: Client, route53: Client) -> None:
        self._acm = acm
        self._acm_pca = acm_pca
        self._route53 = route53

    def certificate(self, arn: str) -> Certificate | None:
        """See `Domains`."""
        try:
            found = self._acm.call("describe_certificate", CertificateArn=arn)["Certificate"]
        except Refused as error:
            if is_missing(error):
                return None
            raise
        names = [found.get("DomainName", ""), *found.get("SubjectAlternativeNames", ())]
        return Certificate(
            status=found.get("Status", ""),
            names=tuple(dict.fromkeys(filter(None, names))),
            expires=found.get("NotAfter"),
        )

    def authority(self, arn: str) -> Authority | None:
        """See `Domains`."""
        asked = {"CertificateAuthorityArn": arn}
        try:
            found = self._acm_pca.call("describe_certificate_authority", **asked)
        except Refused as error:
            if is_missing(error):
                return None
            raise
        tags = [
            (tag["Key"], tag.get("Value", ""))
            for page in self._acm_pca.pages("list_tags", **asked)
            for tag in page["Tags"]
        ]
        return Authority(
            status=found["CertificateAuthority"].get("Status", ""),
            managed=("AmazonECSManaged", "true") in tags,
        )

    def hosted_zone(self, zone: str) -> HostedZone | None:
        """See `Domains`."""
        try:
            answer = self._route53.call("get_hosted_zone", Id=zone)
        except Refused as error:
            if is_missing(error):
                return None
            raise
        found = answer["HostedZone"]
        return HostedZone(
            name=str(found["Name"]).rstrip("."),
            private=bool(found.get("Config", {}).get("PrivateZone")),
            vpcs=tuple(each["VPCId"] for each in answer.get("VPCs", ())),
        )

    def private_zones(self, vpc: str, region: str) -> tuple[str, ...]:
        """See `Domains`."""
        found = self._route53.items(
            "list_hosted_zones_by_vpc", "HostedZoneSummaries", VPCId=vpc, VPCRegion=region
        )
        return tuple(str(each["Name"]).rstrip(".") for each in found)

    def record(self, zone: str, name: str, kind: str) -> bool:
        """See `Domains`."""
        return self._record(zone, name, kind) is not None

    def issuers(self, zone: str, name: str) -> tuple[str, ...] | None:
        """See `Domains`."""
        found = self._record(zone, name, "CAA")
        if found is None:
            return None
        return tuple(str(each["Value"]) for each in found.get("ResourceRecords", ()))

    def _record(self, zone: str, name: str, kind: str) -> Answer | None:
        try:
            answer = self._route53.call(
                "list_resource_record_sets",
                HostedZoneId=zone,
                StartRecordName=name,
                StartRecordType=kind,
                MaxItems="1",
            )
        except Refused as error:
            if is_missing(error):
                return None
            raise
        wanted = (f"{name.rstrip('.')}.".lower(), kind)
        for each in answer["ResourceRecordSets"]:
            if (each["Name"].lower(), each["Type"]) == wanted:
                return each  # type: ignore[no-any-return]
        return None
