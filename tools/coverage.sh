#!/usr/bin/env bash
# coverage.sh PYTHON [pytest arguments]: lines of sim/ and cext/ that the tests reach; fails below 95 %.
#
# The kernels are rebuilt with line tracing, and plain again whatever happens: a traced kernel gives the same bits, but
# many times slower. That is why the benchmarks are left out.
set -euo pipefail

python=$1
shift
here=$(cd "$(dirname "$0")/.." && pwd)
cd "$here"

# Tracing is written into the generated C, which is otherwise kept as long as its source is older.
build() {
    CYTHON_FORCE_REGEN=1 "$python" setup.py -q build_ext --inplace --force
}
trap build EXIT

CITYOPS_TRACE=1 build
"$python" -m coverage erase
status=0
"$python" -m coverage run -m pytest --ignore=tests/benchmarks -p no:cacheprovider "$@" || status=$?
"$python" -m coverage combine -q
"$python" -m coverage report --fail-under=95 || status=$?
exit "$status"
