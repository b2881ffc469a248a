"""Secrets are left out of what others wrote, and nothing else is."""

import pytest

from camformation.deploy.operation.redaction import redacted, without_secrets

SECRET = "s3cr3t-Value"


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f"PGPASSWORD={SECRET} psql",
        f"spring.datasource.password: {SECRET}",
        f'{{"password": "{SECRET}", "user": "camunda"}}',
        f'{{"clientSecret":"{SECRET}"}}',
        f"CAMUNDA_LICENSE_KEY={SECRET}",
        f"jdbc:postgresql://camunda:{SECRET}@db.example.com:5432/camunda",
        f"Authorization: Bearer {SECRET}",
        f"authorization=Basic {SECRET}",
        f"ALTER ROLE camunda PASSWORD '{SECRET}'",
        f"the password is '{SECRET}'",
        f"https://x.s3.amazonaws.com/y?X-Amz-Signature={SECRET}&b=1",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
        f"aws_secret_access_key = {SECRET}",
        f"apiKey='{SECRET}'",
        f'{{"SecretString":"{{\\"password\\":\\"{SECRET}\\"}}"}}',
        f"password : {SECRET}",
        f"License key: {SECRET}",
        f"environment variable DB_PASSWORD is '{SECRET}'",
        f'Property: camunda.x.client-secret\n    Value: "{SECRET}"\n    Origin: "CAMUNDA_X"',
        f"trying to retrieve secret with value {SECRET} resulted in error: an invalid ARN format",
        f"Set-Cookie: SESSION={SECRET}; Path=/",
        f"https://camunda.example.com/sso-callback?state=x&code={SECRET}",
    ],
)
def test_secrets_are_hidden(text: str) -> None:
    assert SECRET not in redacted(text)
    assert "(hidden)" in redacted(text)
    assert redacted(redacted(text)) == redacted(text)


def test_tokens_and_access_keys_are_hidden() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0"
    assert token not in redacted(f"got {token} back")
    assert redacted("key AKIAIOSFODNN7EXAMPLE used") == "key AKIA(hidden) used"


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:secretsmanager:eu-west-2:111122223333:secret:camunda-admin-AbCdEf",
        "failed to fetch secret arn:aws:secretsmanager:eu-west-2:1:secret:x from secrets manager",
        'FATAL: password authentication failed for user "camunda"',
        'Resource handler returned message: "x" (RequestToken: 1234-abcd, HandlerErrorCode: Y)',
        "CAMUNDA_SECRETS_STORE=arn:aws:ssm:eu-west-2:1:parameter/x",
        "Health checks failed with these codes: [503]",
        "https://example.com:8080/path?a=b",
        "",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    assert redacted(text) == text


def test_data_is_walked() -> None:
    data = {"a": [f"password={SECRET}", 1, None], "b": {"c": True}}
    assert without_secrets(data) == {"a": ["password=(hidden)", 1, None], "b": {"c": True}}
