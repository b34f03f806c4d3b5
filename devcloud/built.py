"""An interpreter for what `sam build` made: it finds its artifacts and Lambda's runtime client, no other package."""

import importlib.util
import shlex
import sys
from pathlib import Path

from devcloud.errors import StartError

TEMPLATE = Path(".aws-sam/build/template.yaml")
_RUNTIME = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")


def bare_interpreter(data: Path) -> Path:
    """A `python3` under `data` that stands for Lambda's: this one, without its site-packages."""
    packages = data / "runtime"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    packages.mkdir(exist_ok=True)
    for name in _RUNTIME:
        place = _place_of(name)
        link = packages / place.name
        link.unlink(missing_ok=True)
        link.symlink_to(place)
    interpreter = packages / "bin" / "python3"
    interpreter.parent.mkdir(exist_ok=True)
    interpreter.write_text(
        "#!/bin/sh\n"
        f'export PYTHONPATH="$PYTHONPATH:"{shlex.quote(str(packages))}\n'
        f'exec {shlex.quote(sys.executable)} -S "$@"\n'
    )
    interpreter.chmod(0o755)
    return interpreter


def _place_of(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise StartError(f"{module} is missing; it belongs to the package awslambdaric.")
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin
