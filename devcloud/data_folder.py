"""devcloud's own folder, which belongs to one running devcloud at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devcloud.errors import StartError


@contextmanager
def claim(folder: Path) -> Iterator[None]:
    """Holds `folder`, made if need be, until the end; the kernel lets go of it even when devcloud is killed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(f"Another devcloud is running with the data in {folder}.") from None
        # What a killed devcloud has left would send its readers to the wrong place.
        (folder / "addresses.json").unlink(missing_ok=True)
        yield
