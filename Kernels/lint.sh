#!/bin/sh
# Checks every kernel without a driver: as OpenCL C 1.2 with the bodies for GPUs and with those for devices of CPU type,
# and the bodies for GPUs as CUDA. Wants no warning.
#
# A kernel's opening comment says how it is built: "// Needs  lanes.h" names the headers that stand before it,
# "// Build  LANES=128 ACTIVATION=0,1" its -D constants; of a list each value is tried in turn.
#
#     Kernels/lint.sh [FILE.cl ...]      all of Kernels/ where none is named; $CLANG chooses the compiler
set -u
folder=$(cd "$(dirname "$0")" && pwd)
# Swift's toolchain has a clang that knows both languages, beside `swift` where it is not on the path.
clang=${CLANG:-$(command -v clang || echo "$(dirname "$(readlink -f "$(command -v swift)")")/clang")}
command -v "$clang" >/dev/null || {
  echo "lint.sh: no clang found; set CLANG to the one of the Swift toolchain" >&2
  exit 1
}
[ $# -gt 0 ] || set -- "$folder"/*.cl
failures=0

check() {
  description=$1
  shift
  if ! "$clang" -fsyntax-only -Wall -Wextra -Werror "$@"; then
    echo "lint.sh: $description does not compile cleanly" >&2
    failures=$((failures + 1))
  fi
}

# The values of a "// WORD ..." line of a kernel's opening comment.
line_of() { sed -n "s|^// $1  *||p" "$2"; }

# Sets of -D options, one a line: lists such as A=0,1 multiplied out, other constants of the same file kept.
option_sets() {
  sets="-"
  for constant in $(line_of Build "$1"); do
    name=${constant%%=*}
    longer=""
    for set in $sets; do
      for value in $(echo "${constant#*=}" | tr ',' ' '); do
        longer="$longer $set,-D$name=$value"
      done
    done
    sets=$longer
  done
  echo "$sets"
}

for file in "$@"; do
  name=$(basename "$file")
  headers="-include $folder/dialect.h"
  for header in $(line_of Needs "$file"); do headers="$headers -include $folder/$header"; done
  for set in $(option_sets "$file"); do
    options=$(echo "${set#-}" | tr ',' ' ')
    # shellcheck disable=SC2086
    {
      opencl="-x cl -cl-std=CL1.2 -Xclang -finclude-default-header $headers $options"
      check "$name for GPUs ($options)" $opencl "$file"
      check "$name for devices of CPU type ($options)" $opencl -DCPU_DEVICE=1 "$file"
      check "$name as CUDA ($options)" -x cuda --cuda-device-only -nocudainc -nocudalib \
        --cuda-gpu-arch=sm_80 -Wno-unused-function -include "$folder/tools/cuda_syntax.h" \
        $headers $options "$file"
    }
  done
done
[ "$failures" -eq 0 ]
