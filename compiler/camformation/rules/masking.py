"""The rule for what is masked in logs."""

from collections.abc import Iterator

from camformation.closeness import closest
from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules.registry import Violation, rule

EVERYWHERE = (
    *("Address", "AwsSecretKey", "CreditCardExpiration", "CreditCardNumber"),
    *("CreditCardSecurityCode", "DateOfBirth", "EmailAddress", "IpAddress", "LatLong", "Name"),
    *("OpenSshPrivateKey", "PgpPrivateKey", "PkcsPrivateKey", "PuttyPrivateKey"),
    "VehicleIdentificationNumber",
)
OF_COUNTRIES = (
    *("BankAccountNumber", "CepCode", "Cnpj", "CpfCode", "DriversLicense"),
    *("DrugEnforcementAgencyNumber", "ElectoralRollNumber", "HealthInsuranceCardNumber"),
    *("HealthInsuranceClaimNumber", "HealthInsuranceNumber", "HealthcareProcedureCode"),
    *("IndividualTaxIdenticationNumber", "IndividualTaxIdentificationNumber", "InseeCode"),
    *("MedicareBeneficiaryNumber", "NationalDrugCode", "NationalIdentificationNumber"),
    *("NationalInsuranceNumber", "NationalProviderId", "NhsNumber", "NieNumber", "NifNumber"),
    *("PassportNumber", "PermanentResidenceNumber", "PersonalHealthNumber", "PhoneNumber"),
    *("PostalCode", "RgNumber", "SocialInsuranceNumber", "Ssn", "TaxId", "ZipCode"),
)


@rule("CAM251", "Unknown kind of data to mask")
def masking(d: Deployment) -> Iterator[Violation]:
    """`observability.masked_log_data` names managed data identifiers of CloudWatch Logs, which
    refuses a policy with other names. Identifiers for documents and numbers of a country end with
    the country code: `DriversLicense-US`.

    Source: Amazon CloudWatch Logs User Guide, Types of data that you can protect.
    """
    for index, written in enumerate(d.observability.masked_log_data):
        name, _, country = written.partition("-")
        path = ("observability", "masked_log_data", index)
        if name in OF_COUNTRIES and not country:
            yield Violation(
                path,
                f"{name} belongs to a country, and CloudWatch Logs knows it only with the country "
                "code",
                f"write, for example, {name}-US",
            )
        elif name in EVERYWHERE and country:
            yield Violation(path, f"{name} does not belong to a country", f"write {name}")
        elif name not in (*EVERYWHERE, *OF_COUNTRIES):
            near = closest(name, (*EVERYWHERE, *OF_COUNTRIES))
            yield Violation(
                path,
                f"CloudWatch Logs has no data identifier {name}"
                + ("" if near else ", unless it is new"),
                f"did you mean {near}?"
                if near
                else f"for example {', '.join(EVERYWHERE[1:7])}, or Ssn-US",
                None if near else Severity.WARNING,
            )
