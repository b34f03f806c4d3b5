"""Print the templates as CloudFormation gets them. Runs in sam's environment, which alone has the translator.

`translate.py FOLDER NAME=VALUE…` translates FOLDER/template.yaml with these parameters, others at their defaults.
`translate.py --monitoring` expands the loops of monitoring.yaml, with streaming, all alarms and an address.
"""

import json
import sys
from pathlib import Path

from samcli.lib.cfn_language_extensions.sam_integration import expand_language_extensions
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

ROOT = Path(__file__).resolve().parents[2]
LOCAL_FILES = {"CodeUri": "s3://artifacts/code.zip", "ContentUri": "s3://artifacts/code.zip"}
# Managed policies are given by their names; nothing asks AWS for them.
POLICIES = {name: f"arn:aws:iam::aws:policy/{name}" for name in ("AWSXrayWriteOnlyAccess",)}


def main() -> None:
    if sys.argv[1:] == ["--monitoring"]:
        template = yaml_parse((ROOT / "monitoring.yaml").read_text(encoding="utf-8"))
        # sam evaluates conditions too, and empties what does not hold.
        parameters = {"Streaming": "on", "Alarms": "all", "AlarmEmail": "alarms@localhost.test"}
        print(json.dumps(expand_language_extensions(template, parameters, enabled=True).expanded_template))
        return
    template = yaml_parse((Path(sys.argv[1]) / "template.yaml").read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        properties.update({key: value for key, value in LOCAL_FILES.items() if key in properties})
        if resource["Type"] == "AWS::Serverless::Application":
            properties["Location"] = f"https://artifacts.s3.us-east-1.amazonaws.com/{properties['Location']}"
    parameters = {name: str(one.get("Default", "given")) for name, one in template["Parameters"].items()}
    parameters |= dict(pair.split("=", 1) for pair in sys.argv[2:])
    print(json.dumps(Translator(POLICIES, Parser()).translate(template, parameters)))


main()
