"""Watch files: replace the processes of changed functions; ask for a restart when settings change."""

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path

from watchfiles import Change, awatch

from devcloud.console import Console
from devcloud.function_pool import FunctionPool

_SOURCES = {".py", ".html", ".css", ".js", ".txt"}


async def reload_on_change(pools: Mapping[str, FunctionPool], settings: Collection[Path], console: Console) -> None:
    """Watch until cancelled. `settings` are files that devcloud reads only at its start."""
    async with asyncio.TaskGroup() as watches:
        watches.create_task(_watch_sources(pools, console))
        watches.create_task(_watch_settings({str(path.resolve()) for path in settings}, console))


async def _watch_sources(pools: Mapping[str, FunctionPool], console: Console) -> None:
    folders = {folder for pool in pools.values() for folder in _folders(pool) if folder.is_dir()}

    def wanted(_change: Change, path: str) -> bool:
        return Path(path).suffix in _SOURCES

    async for changes in awatch(*folders, watch_filter=wanted, step=100):
        for pool in pools.values():
            if any(Path(path).is_relative_to(folder) for folder in _folders(pool) for _, path in changes):
                console.log("devcloud", f"{pool.function.logical_id} changed; its processes are replaced")
                pool.replace()


async def _watch_settings(settings: Collection[str], console: Console) -> None:
    # Watch the folders: an editor may replace a file, and .env may not exist yet.
    folders = {Path(path).parent for path in settings}

    def wanted(_change: Change, path: str) -> bool:
        return path in settings

    async for changes in awatch(*folders, watch_filter=wanted, recursive=False, step=100):
        names = ", ".join(sorted(Path(path).name for _, path in changes))
        console.log("devcloud", f"WARNING {names} changed; restart devcloud to use it")


def _folders(pool: FunctionPool) -> list[Path]:
    return [pool.function.folder, *pool.function.layers]
