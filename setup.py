"""Build the Cython kernels of ``cext``; all metadata is in ``pyproject.toml``.

``CITYOPS_TRACE=1`` builds them with line tracing for coverage; everything else about a build is fixed here, so that
one source gives one answer on every machine.
"""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

# No -march=native and no -ffast-math: the same bits everywhere. The last two flags change no bit, but let the
# compiler vectorise loops that call sqrt or divide.
FLAGS = ["-O3", "-g0", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
DIRECTIVES = {
    "language_level": "3",
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "embedsignature": False,
}
TRACE = os.environ.get("CITYOPS_TRACE") == "1"
if TRACE:  # tracing stands in the way of every optimisation anyway, and doubles the time they take
    FLAGS[0] = "-O1"


def kernels() -> list[Extension]:
    """One extension for each ``cext/*.pyx``, rebuilt also when a C header beside it changes."""
    macros: list[tuple[str, str | None]] = (
        [("CYTHON_TRACE", "1"), ("CYTHON_TRACE_NOGIL", "1"), ("CYTHON_USE_SYS_MONITORING", "0")] if TRACE else []
    )
    headers = [str(path) for path in sorted(Path("cext").glob("*.h"))]
    return [
        Extension(
            f"cext.{path.stem}",
            [str(path)],
            extra_compile_args=FLAGS,
            define_macros=macros,
            depends=headers,
        )
        for path in sorted(Path("cext").glob("*.pyx"))
    ]


def built() -> list[Extension]:
    """What is to be compiled: nothing where ``CITYOPS_PREBUILT=1`` says that it was, in place and in parallel."""
    if os.environ.get("CITYOPS_PREBUILT") == "1":
        return []
    directives = {**DIRECTIVES, "linetrace": TRACE}
    extensions: list[Extension] = cythonize(
        kernels(), compiler_directives=directives, build_dir=None, show_all_warnings=False
    )
    return extensions


setup(ext_modules=built())
