"""The deployer: takes compiled templates to AWS."""
