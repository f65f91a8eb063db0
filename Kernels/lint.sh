#!/bin/sh
# Checks every kernel without a driver: the GPU variant and the CPU variant as OpenCL C 1.2, and the
# GPU variant as CUDA. Fails on warnings, and on functions with the name of a built-in function of
# OpenCL: some drivers reject those.
#
# The header comment of a kernel says how to build it. "// Needs  lanes.h" names the headers to
# include first; "// Build  LANES=128 ACTIVATION=0,1" gives its -D constants; every value of a list
# is tried. Several lines are variants; one with TENSOR_CORES is for CUDA alone, one with SUB_GROUP
# for GPUs by OpenCL.
#
#     Kernels/lint.sh [FILE.cl ...]      default: all of Kernels/; $CLANG names the compiler
set -u
folder=$(cd "$(dirname "$0")" && pwd)
# The clang of the Swift toolchain compiles both languages. It is beside `swift` if it is not on the
# path.
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

# The values of a "// WORD ..." line of a kernel's header comment.
line_of() { sed -n "s|^// $1  *||p" "$2"; }

# All combinations of the -D options, one per word.
option_sets() {
  line_of Build "$1" | grep . >/dev/null || echo "-"
  line_of Build "$1" | while read -r constants; do
    sets="-"
    for constant in $constants; do
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
  done
}

# The names of OpenCL C's built-in functions: sections 6.12.1 to 6.12.14 of the OpenCL 1.2
# specification and later additions.
builtin='get_[a-z_]+|(as|convert)_.*|(native|half|fast)_[a-z0-9]+|(atomic|atom|work_group|sub_group|async)_.*'
builtin="$builtin|v(load|store)[a-z0-9_]*|(read|write)_(image|mem|pipe)[a-z_]*|(work_group_)?barrier|mem_fence|wait_group_events"
builtin="$builtin|prefetch|vec_step|shuffle2?|printf|to_(global|local|private)|a?(cos|sin|tan)(h|pi)?|atan2(pi)?|sincos|cbrt|ceil"
builtin="$builtin|copysign|erfc?|exp(2|10|m1)?|f(abs|dim|loor|ma|max|min|mod|ract|rexp)|hypot|ilogb|ldexp|lgamma(_r)?|log(2|10|1p|b)?"
builtin="$builtin|mad(24|_hi|_sat)?|(max|min)(mag)?|modf|nan|nextafter|pow[nr]?|remainder|remquo|rint|rootn|round|r?sqrt|tgamma"
builtin="$builtin|trunc|abs(_diff)?|(add|sub)_sat|r?hadd|clamp|clz|ctz|mul(24|_hi)|rotate|upsample|popcount|degrees|mix|radians"
builtin="$builtin|(smooth)?step|sign(bit)?|cross|dot|distance|length|normalize|any|all|(bit)?select"
builtin="$builtin|is(equal|notequal|greater|greaterequal|less|lessequal|lessgreater|finite|inf|nan|normal|ordered|unordered)"

# The functions that a file defines, one per line.
functions_of() { sed -nE 's/^(DEVICE|KERNEL\([^)]*\)) ([A-Za-z0-9_ *]*[ *])?([A-Za-z0-9_]+)\(.*/\3/p' "$1"; }

names() {
  for file in "$@"; do
    for function in $(functions_of "$file" | sort -u | grep -Ex "$builtin"); do
      echo "lint.sh: $(basename "$file"): $function is a built-in function of OpenCL C" >&2
      failures=$((failures + 1))
    done
  done
}

# Several files side by side, one on each core.
if [ $# -gt 1 ]; then
  names "$folder"/*.h
  printf '%s\0' "$@" | CLANG=$clang xargs -0 -n 1 -P "$(nproc)" "$folder/lint.sh" ||
    failures=$((failures + 1))
  [ "$failures" -eq 0 ]
  exit
fi
names "$@"

for file in "$@"; do
  name=$(basename "$file")
  headers="-include $folder/dialect.h"
  for header in $(line_of Needs "$file"); do headers="$headers -include $folder/$header"; done
  for set in $(option_sets "$file"); do
    options=$(echo "${set#-}" | tr ',' ' ')
    # shellcheck disable=SC2086
    {
      case $options in *TENSOR_CORES*) ;; *)
      # With the whole header, which has sub-groups, not the compiler's table of functions.
      opencl="-x cl -cl-std=CL1.2 -cl-no-stdinc -Xclang -finclude-default-header $headers $options"
      check "$name for GPUs ($options)" $opencl "$file"
      esac
      case $options in *SUB_GROUP*) continue ;; *TENSOR_CORES*) ;; *)
      check "$name for devices of CPU type ($options)" $opencl -DCPU_DEVICE=1 "$file"
      esac
      check "$name as CUDA ($options)" -x cuda --cuda-device-only -nocudainc -nocudalib \
        --cuda-gpu-arch=sm_80 -Wno-unused-function -include "$folder/tools/cuda_syntax.h" \
        $headers $options "$file"
    }
  done
done
[ "$failures" -eq 0 ]
