"""Deploy the build of `make build`: python operations/deploy.py dev .env.dev [arguments for sam deploy]

With --check it only checks the settings and the secrets, so that mistakes are found before the build.
"""

import subprocess
import sys
from pathlib import Path

from deployment import ROOT, SECRETS, client, fail, fixed_parameters, own_parameters, region

SAM = ROOT / ".devcloud/sam/bin/sam"


def main(environment: str, env_file: str, *arguments: str) -> int:
    parameters = {**fixed_parameters(environment), **own_parameters(Path(env_file))}
    if arguments == ("--check",):
        return _check(environment, parameters)
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    command = [SAM, "deploy", "--config-env", environment, "--region", region(), "--parameter-overrides", *overrides]
    return subprocess.call([*command, *arguments], cwd=ROOT)


def _check(environment: str, parameters: dict[str, str]) -> int:
    names = [parameters[one] for one in SECRETS]
    if missing := client("ssm").get_parameters(Names=names)["InvalidParameters"]:
        raise fail(f"SSM in {region()} does not have {', '.join(missing)}; run make secrets ENV={environment} first.")
    print(f"deploy: the secrets of {environment} are in SSM, region {region()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
