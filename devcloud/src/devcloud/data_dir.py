"""Lock on the data folder: only one devcloud may use it at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devcloud.errors import StartError


@contextmanager
def lock_data_dir(folder: Path) -> Iterator[None]:
    """Create `folder` if it is missing, and lock it inside the `with` block. Raises StartError if it is locked.

    The kernel releases the lock even if devcloud is killed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(f"Another devcloud is running with the data folder {folder}.") from None
        # A killed devcloud leaves this file behind, with addresses that no longer work.
        (folder / "addresses.json").unlink(missing_ok=True)
        yield
