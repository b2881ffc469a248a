"""Compile a deployment spec of Camunda 8 on Amazon ECS to CloudFormation, and deploy it.

`camformation.pipeline.compile_spec` is the compiler, `camformation.output.write` puts its templates
on disk, `camformation.lint.lint` checks them with cfn-lint.
"""

import camformation.postponed  # noqa: F401 - before anything imports troposphere

__version__ = "0.1.0"
