"""Memory that outlives a power cut: in this process, or in files."""

import mmap
from pathlib import Path


class PowerFailed(Exception):
    """The power went away in the middle of a write."""


class Storage:
    """Named regions of bytes. A region is zeros when it is new."""

    def __init__(self) -> None:
        """No regions yet."""
        self._regions: dict[str, bytearray | mmap.mmap] = {}
        #: For tests: so many bytes can still be written, then the power fails. None: no end.
        self.budget: int | None = None

    def region(self, name: str, size: int) -> bytearray | mmap.mmap:
        """The region ``name``, made with ``size`` bytes if there is none or its size is another."""
        found = self._regions.get(name)
        if found is None or len(found) != size:
            found = self._regions[name] = self._open(name, size)
        return found

    def exists(self, name: str) -> bool:
        """Whether the region was made before."""
        return name in self._regions

    def remove(self, name: str) -> None:
        """Forget a region; no error if there is none."""
        region = self._regions.pop(name, None)
        if isinstance(region, mmap.mmap):
            region.close()

    def write(self, name: str, offset: int, data: bytes) -> None:
        """Write into an existing region; PowerFailed if the budget ends within."""
        region = self._regions[name]
        whole = len(data)
        if self.budget is not None:
            whole = min(whole, self.budget)
            self.budget -= whole
        region[offset : offset + whole] = data[:whole]
        if whole < len(data):
            raise PowerFailed

    def close(self) -> None:
        """Let go of everything; what was written stays."""
        for region in self._regions.values():
            if isinstance(region, mmap.mmap):
                region.close()
        self._regions.clear()

    def _open(self, name: str, size: int) -> bytearray | mmap.mmap:
        return bytearray(size)


class FileStorage(Storage):
    """Regions as files that are mapped into memory: what is written is safe from the end of this process."""

    def __init__(self, folder: Path) -> None:
        """Regions become ``<folder>/<name>``; the folder is made."""
        super().__init__()
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def exists(self, name: str) -> bool:
        """Whether the file exists."""
        return super().exists(name) or (self._folder / name).exists()

    def remove(self, name: str) -> None:
        """Delete the file."""
        super().remove(name)
        (self._folder / name).unlink(missing_ok=True)

    def _open(self, name: str, size: int) -> mmap.mmap:
        with (self._folder / name).open("a+b") as file:
            file.truncate(size)
            return mmap.mmap(file.fileno(), size)
