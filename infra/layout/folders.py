"""Where things are: the data folder of one stack, and the cache that all stacks of this user share."""

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from infra.failure import CannotStart

CHECKOUT = Path(__file__).resolve().parents[2]
MARKER = ".lezzet-data"
SOCKET = "control.sock"  # of the supervisor, in DataFolder.run


@dataclass(frozen=True, slots=True)
class DataFolder:
    """State of one stack's servers and what its supervisor writes. Nothing that was downloaded."""

    root: Path

    def make(self) -> None:
        """Raises CannotStart for a folder with other files in it, for another user's, and for one that cannot be had."""
        try:
            self._make()
        except OSError as error:
            raise CannotStart(f"no data folder {self.root} ({error.strerror}): name another with --data") from None

    def _make(self) -> None:
        if not self.ours() and self.root.exists() and any(self.root.iterdir()):
            raise CannotStart(f"{self.root} holds other files: name an empty folder with --data")
        self.root.mkdir(parents=True, exist_ok=True)
        if self.root.stat().st_uid != os.geteuid():  # its owner could put links in the place of what we make in it
            raise CannotStart(f"{self.root} is another user's: name a folder of your own with --data")
        # PostgreSQL runs as another user where we are root and must be able to pass through; it cannot list.
        self.root.chmod(0o711)
        for private in (self.logs, self.run, self.mail):
            private.mkdir(mode=0o700, exist_ok=True)
        (self.root / MARKER).touch()

    def ours(self) -> bool:
        return (self.root / MARKER).is_file()

    def purge(self) -> None:
        """Raises CannotStart where the marker file does not show that the folder was made by us."""
        if not self.ours():
            raise CannotStart(f"{self.root} has no file {MARKER}, so it is not removed")
        # The marker goes last: a purge that was killed can be given again.
        for entry in self.root.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != MARKER:
                entry.unlink()
        (self.root / MARKER).unlink()
        if not (self.root.is_symlink() or self.root.is_mount()):  # else it is where its owner wants the data to be
            self.root.rmdir()

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def mail(self) -> Path:
        return self.root / "mail"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    def of(self, name: str) -> Path:
        """A server's own folder, mode 0700."""
        folder = self.root / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def password(self, name: str) -> str:
        """Made at the first call, kept in a file of mode 0600. Letters, digits, - and _: usable in a URL as it is."""
        path = self.root / "passwords" / name
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            beside = path.with_suffix(f".{os.getpid()}")
            beside.touch(mode=0o600)
            beside.write_text(secrets.token_urlsafe(24))
            beside.rename(path)
        return path.read_text()


def data_folder(chosen: str | Path | None = None) -> DataFolder:
    """--data, else LEZZET_DATA, else .lezzet in the checkout. Raises CannotStart where it is another user's."""
    data = DataFolder(Path(chosen or os.environ.get("LEZZET_DATA") or CHECKOUT / ".lezzet").absolute())
    try:
        if data.run.exists() and not os.access(data.run, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
            raise CannotStart(f"{data.root} is another user's: name a folder of your own with --data")
    except PermissionError as error:
        raise CannotStart(f"no data folder {data.root} ({error.strerror}): name another with --data") from None
    return data


def cache_folder() -> Path:
    """What was downloaded or built once: LEZZET_CACHE, else ~/.cache/lezzet. Raises CannotStart."""
    folder = Path(os.environ.get("LEZZET_CACHE") or Path.home() / ".cache" / "lezzet").absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"no folder {folder} ({error.strerror}): name another in LEZZET_CACHE") from None
    return folder
