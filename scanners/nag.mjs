// Prints what cdk-nag's packs find in CloudFormation templates: pairs of template and finding.
import { App, Aspects, Stack } from "aws-cdk-lib";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { AwsSolutionsChecks, NIST80053R5Checks } from "cdk-nag";

const [outdir, ...templates] = process.argv.slice(2);
const found = [];

function logger(template) {
  const add = (data) => found.push([template, data.ruleOriginalName, data.resource.node.id]);
  const ignore = () => {};
  return {
    onNonCompliance: add,
    // A rule that needs a value which only a deployment has, such as that of a parameter.
    onError: (data) => found.push([template, `${data.ruleOriginalName} (not judged)`, data.resource.node.id]),
    onCompliance: ignore,
    onSuppressed: ignore,
    onSuppressedError: ignore,
    onNotApplicable: ignore,
  };
}

const app = new App({ outdir });
templates.forEach((templateFile, index) => {
  const stack = new Stack(app, `Deployment${index}`);
  new CfnInclude(stack, "Template", { templateFile });
  for (const Pack of [AwsSolutionsChecks, NIST80053R5Checks]) {
    Aspects.of(stack).add(new Pack({ additionalLoggers: [logger(templateFile)], reports: false }));
  }
});
app.synth();
console.log(JSON.stringify(found));
