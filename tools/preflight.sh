#!/bin/sh
# preflight.sh [PYTHON]: can this machine build the kernels? If not, say what is missing and the one line that brings it.
#
# It tries what the build will do (a compile and a link against Python's headers) instead of looking for package names,
# so it is right on any distribution and says nothing where all is well.
set -u

python=${1:-python3}
missing=""

lacks() {
    missing="$missing
  - $1"
}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

command -v make >/dev/null 2>&1 || lacks "make"

include="" compiler=""
if ! command -v "$python" >/dev/null 2>&1; then
    lacks "$python (3.11 or newer)"
elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "cityops needs Python 3.11 or newer, and $python is $("$python" --version 2>&1)." >&2
    echo "Name a newer one: make PYTHON=python3.13 test" >&2
    exit 1
else
    "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 || lacks "the venv module of $python (ensurepip)"
    include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    compiler=$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("CC") or "cc")')
fi

# The words of CC may carry options (gcc -pthread), so it stands unquoted.
CC=${CC:-${compiler:-cc}}
if ! command -v ${CC%% *} >/dev/null 2>&1; then
    lacks "a C compiler (${CC%% *})"
else
    printf '#include <math.h>\nint main(void) { return (int) floor(0.5); }\n' >"$work/link.c"
    $CC -o "$work/link" "$work/link.c" -lm >"$work/link.log" 2>&1 || lacks "the C library's headers (a link fails)"
    if [ -n "$include" ]; then
        printf '#include <Python.h>\nvoid *reach(void) { return PyErr_Occurred(); }\n' >"$work/kernel.c"
        $CC -shared -fPIC -I"$include" -o "$work/kernel.so" "$work/kernel.c" >"$work/kernel.log" 2>&1 ||
            lacks "the headers of $python (Python.h)"
    fi
fi

[ -z "$missing" ] && exit 0

# python3.13 comes with python3.13-venv and python3.13-dev; a path or any other name is taken for Debian's own.
name=$(basename "$python")
case $name in python3 | python3.[0-9]*) ;; *) name=python3 ;; esac
{
    echo "This machine cannot build cityops yet; it lacks:$missing"
    echo "On Debian or Ubuntu this line brings it:"
} >&2
echo "apt-get install --no-install-recommends $name-venv $name-dev gcc libc6-dev make"
exit 1
