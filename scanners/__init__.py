"""The rules of others over our templates: checkov, cdk-nag and cfn-guard, by `make audit`."""
