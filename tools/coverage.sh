#!/usr/bin/env bash
# coverage.sh PYTHON [pytest arguments]: lines of sim/ and cext/ that the tests reach; fails below 95 %.
#
# First what drives the whole city, with kernels as they are; then the kernels' own tests, with kernels rebuilt for line
# tracing, and plain again whatever happens. A traced kernel gives the same bits, but fifty times slower: whole runs would
# take hours. Benchmarks are left out.
set -euo pipefail

python=$1
shift
here=$(cd "$(dirname "$0")/.." && pwd)
cd "$here"

# Tracing is written into the generated C, which is otherwise kept as long as its source is older.
build() {
    CYTHON_FORCE_REGEN=1 "$python" setup.py -q build_ext --inplace --force
}
kernel_tests="tests/cext tests/sim/physics tests/sim/city tests/sim/record tests/sim/test_draws.py"
status=0
"$python" -m coverage erase
"$python" -m coverage run -m pytest --ignore=tests/benchmarks --ignore=tests/cext -p no:cacheprovider "$@" || status=$?
trap build EXIT
CITYOPS_TRACE=1 build
# shellcheck disable=SC2086  # a list of paths
"$python" -m coverage run -m pytest $kernel_tests -p no:cacheprovider "$@" || status=$?
"$python" -m coverage combine -q
"$python" -m coverage report --fail-under=95 || status=$?
exit "$status"
