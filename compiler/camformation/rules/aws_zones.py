"""The rule for hosted zones of AWS's own names, given as those of a domain."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.rules.registry import Violation, rule

FIELDS = (
    *("hosted_zone_id", "private_hosted_zone_id"),
    *("grpc_hosted_zone_id", "grpc_private_hosted_zone_id"),
)
_OF_LOAD_BALANCERS = """
Z268VQBMOI5EKX Z3DQVH9N71FHZ0 Z14GRHDCWA56QT ZWKZPGTI48KDX Z5LXEXXYW11ES ZP97RAFLXTNZK
Z0173938T07WNTVAEPZN Z1LMS91P8CMLE5 Z1GM3OXH4ZPM65 Z08888821HLRG5A9ZRTER ZQSVJUPU6J1EY
Z1GDH35T77C1KE ZM7IZAIOVVDZF Z215JYRZR1TBD5 Z06391101F2ZOEP8P5EB3 Z23TAZ6LKFMNIO Z3ULH7SSC9OV64
Z0956581394HF5D5LXGAP Z32O12XQLNTSW2 ZHURV8PSTC4K8 Z3Q77PNBQS71R4 Z08230872XQRWHG2XF6I
ZS929ML54UICD Z2P70J7HTTTPLU Z35SXDOTRQ7X7K Z3AADJGX6KTTL2 Z166TLBEWOO7G0 Z33AYJ8TM3BH4J
Z368ELLRRE2KJ0 Z1H1FL5HABSF5
Z203XCE67M25HM Z12Y7K3UBGUAD1 Z31USIVHYNEOWT ZIBE1TIR4HY56 Z1GWIQ4HH19I5X ZVDDRBQ08TROA
Z0711778386UTO08407HT ZKVM4W9LS7TM ZCT6FZBF4DROD Z01971771FYVNCOVWJU1G Z2EPGBW3API2WT
Z3QFB96KMJ7ED6 ZQEIKTCZ8352D Z3F0SRJ5LGBH90 Z02239872DOALSIDCX66S Z1UDT6IFJ4EJM Z23146JA1KNAFP
Z1011216NVTVYADP1SSV Z2IFOLAFXWLO4F ZD4D7Y8KGAS4G Z1CMS0P5QUZ6D5 Z00282643NTTLPANJJG2P
Z3QSRYVP46NYYV ZTK26PT1VY4CU Z26RNL4JYFTOTI ZLMOA37VPKANP Z1ZSMQQ6Q24QQ8 ZMG1MZ2THAWF1
Z24FKFUX50B4VW Z18D5FSROUN65G
"""
LOAD_BALANCERS = frozenset(_OF_LOAD_BALANCERS.split())
"""Of application load balancers, then of network load balancers, of each region (AWS General
Reference, Elastic Load Balancing endpoints and quotas)."""
OTHERS = {
    **dict.fromkeys(("Z2FDTNDATAQYW2", "Z3RFFRIM2A3IF5"), "Amazon CloudFront"),
    "Z2BJ6XQ5FK7U4H": "AWS Global Accelerator",
}


@rule("CAM258", "Hosted zone of AWS's own names")
def zones(d: Deployment) -> Iterator[Violation]:
    """An alias record is in the hosted zone of the domain, and names the hosted zone of its target:
    for load balancers one for each region, for CloudFront one for all. camformation takes the
    target's from the load balancer. `hosted_zone_id` is the domain's zone: Amazon Route 53 refuses
    records of others in a zone of AWS's.

    Source: AWS General Reference, Elastic Load Balancing endpoints and quotas; Amazon Route 53
    API Reference, AliasTarget; hashicorp/terraform issue 8844.
    """
    tls = d.access.tls
    for field in FIELDS if tls else ():
        zone = getattr(tls, field)
        service = "Elastic Load Balancing" if zone in LOAD_BALANCERS else OTHERS.get(zone)
        if service:
            yield Violation(
                ("access", "tls", field),
                f"{zone} is the hosted zone of {service}'s own names: no record can be made in it",
                "write the ID of the zone of your domain, which `aws route53 list-hosted-zones` "
                "shows",
            )
