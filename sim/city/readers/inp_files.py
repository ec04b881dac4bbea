"""Finding and unpacking EPANET input files: paths, ``.gz``, and networks inside an installed wntr."""

from __future__ import annotations

import gzip
import importlib.util
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sim.errors import CityOpsError, MissingExtra, Mistake, nearest

WNTR = "wntr:"
_GZIP_MAGIC = b"\x1f\x8b"


def locate(source: str | Path) -> Path:
    """Give the path that ``source`` names: a path itself, or ``wntr:Net3`` for an example inside an installed wntr.

    Raises CityOpsError where there is no such file and MissingExtra where wntr is needed and not installed.
    """
    if isinstance(source, str) and source.startswith(WNTR):
        return _inside_wntr(source.removeprefix(WNTR).removesuffix(".inp"))
    path = Path(source)
    if path.is_dir():
        raise CityOpsError(Mistake(what="is a folder, not an EPANET input file", file=str(path)))
    if not path.is_file():
        raise CityOpsError(_no_such_file(path))
    return path


def _no_such_file(path: Path) -> Mistake:
    siblings = [p.name for p in sorted(path.parent.glob("*.inp*"))] if path.parent.is_dir() else []
    near = nearest(path.name, siblings)
    return Mistake(what="there is no such file", file=str(path), nearest=near and str(path.parent / near))


def _inside_wntr(name: str) -> Path:
    spec = importlib.util.find_spec("wntr")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra(f'{WNTR}{name} needs the package wntr: pip install "cityops[examples]"')
    folder = Path(spec.submodule_search_locations[0]) / "library" / "networks"
    path = folder / f"{name}.inp"
    names = sorted(p.stem for p in folder.glob("*.inp"))
    if name not in names:
        accepted = ", ".join(WNTR + n for n in names)
        near = nearest(name, names)
        what = "wntr has no such network"
        raise CityOpsError(Mistake(what=what, found=WNTR + name, accepted=accepted, nearest=near and WNTR + near))
    return path


@contextmanager
def plain_inp(path: Path) -> Iterator[tuple[Path, Path]]:
    """Give (input file as plain text, folder of our own to write in); both are gone afterwards.

    Raises CityOpsError where the file cannot be read, unpacked, or is plainly no text.
    """
    with TemporaryDirectory(prefix="cityops-inp-") as folder:
        try:
            content = path.read_bytes()
            if content.startswith(_GZIP_MAGIC):
                content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise CityOpsError(Mistake(what=f"cannot be read: {error}", file=str(path))) from error
        _check_is_text(content, path)
        plain = Path(folder) / "network.inp"
        plain.write_bytes(content)
        yield plain, Path(folder)


def _check_is_text(content: bytes, path: Path) -> None:
    if not content.strip():
        raise CityOpsError(Mistake(what="is empty; an EPANET input file was expected", file=str(path)))
    if b"\0" in content:
        utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        hint = "is UTF-16; save it as UTF-8" if utf16 else "is not a text file; an EPANET input file was expected"
        raise CityOpsError(Mistake(what=hint, file=str(path)))
