"""Python interpreter for the output of `sam build`: it sees the artifacts and the runtime client, nothing else."""

import importlib.util
import shlex
import sys
from pathlib import Path

from devcloud.errors import StartError

BUILT_TEMPLATE = Path(".aws-sam/build/template.yaml")
_RUNTIME = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")


def isolated_interpreter(data: Path) -> Path:
    """Write a `python3` script under `data` that runs the current Python without its site-packages.

    Only Lambda's runtime client is added, so an import that the build missed fails as it would on AWS.
    """
    packages = data / "runtime"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    packages.mkdir(exist_ok=True)
    for name in _RUNTIME:
        path = _path_of(name)
        link = packages / path.name
        link.unlink(missing_ok=True)
        link.symlink_to(path)
    interpreter = packages / "bin" / "python3"
    interpreter.parent.mkdir(exist_ok=True)
    interpreter.write_text(
        "#!/bin/sh\n"
        f'export PYTHONPATH="$PYTHONPATH:"{shlex.quote(str(packages))}\n'
        f'exec {shlex.quote(sys.executable)} -S "$@"\n'
    )
    interpreter.chmod(0o755)
    return interpreter


def _path_of(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise StartError(f"The Python module {module} is missing; install the package awslambdaric.")
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin
