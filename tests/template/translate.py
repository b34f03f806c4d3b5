"""What AWS makes of template.yaml: run by the interpreter of sam's environment, which alone has the translator.

`translate.py TEMPLATE NAME=VALUE…` prints the CloudFormation template, its parameters given or at their defaults.
"""

import json
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

template = yaml_parse(Path(sys.argv[1]).read_text(encoding="utf-8"))
for resource in template["Resources"].values():
    for key in {"CodeUri", "ContentUri"} & set(resource.get("Properties", {})):
        resource["Properties"][key] = "s3://artifacts/code.zip"
parameters = {name: str(one.get("Default", "given")) for name, one in template["Parameters"].items()}
parameters |= dict(pair.split("=", 1) for pair in sys.argv[2:])
# Managed policies are given by their names; nothing asks AWS for them.
policies = {name: f"arn:aws:iam::aws:policy/{name}" for name in ("AWSXrayWriteOnlyAccess",)}
print(json.dumps(Translator(policies, Parser()).translate(template, parameters)))
