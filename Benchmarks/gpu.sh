#!/usr/bin/env bash
# Measures all there is to measure on a machine with an NVIDIA GPU, in less than 8 minutes, into one log: the tests by
# CUDA, every kernel, attention on tensor cores too, the step of four shapes, and the same steps in PyTorch where it is.
# Programs and tests are built before: swift build -c release --build-tests -Xswiftc -enable-testing
#
#     Benchmarks/gpu.sh [LOG] [BUILD]       default: gpu.log, .build/release
#
# No Swift is needed: BUILD may hold copies of pith-bench, train-gpu and pithPackageTests.xctest with their libraries.
# NVRTC and cuBLASLt are looked for as always (PITH_CUDA_LIBRARIES names folders). A part that fails or takes too long is
# named at the end, and the exit code is 1.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
log=${1:-gpu.log}
build=$(cd "${2:-$here/../.build/release}" && pwd) || exit 2
for program in pith-bench pithPackageTests.xctest; do
  [ -x "$build/$program" ] || { echo "gpu.sh: $build/$program: not found; build it first" >&2; exit 2; }
done
command -v nvidia-smi >/dev/null || { echo "gpu.sh: nvidia-smi: not found: this needs an NVIDIA GPU" >&2; exit 2; }
export LD_LIBRARY_PATH=$build:$build/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PITH_REQUIRE_CUDA=1
failed=()

# part SECONDS TITLE COMMAND...
part() {
  local limit=$1 title=$2 begin=$SECONDS
  shift 2
  echo "== $title"
  timeout "$limit" "$@" 2>&1 || failed+=("$title")
  echo "-- $((SECONDS - begin)) s"
}

# step PRECISION SHAPE OPTIONS...: a training step, by the precision of its weights.
step() { part 30 "step $*" "$build/pith-bench" step --device cuda --precision "$1" --shape "${@:2}"; }

tests() {
  part 150 "tests: $1" "$build/pithPackageTests.xctest" --testing-library swift-testing --filter "$1"
}

measure() {
  date -u +%FT%TZ
  nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,memory.total --format=csv,noheader
  step bf16 tiny
  step bf16 llama-15m --batch 16 --prompt 64 --response 64
  for shape in smollm2-135m qwen2.5-0.5b; do
    step bf16 $shape --batch 16 --prompt 64 --response 64
    step bf16 $shape --batch 16 --prompt 64 --response 64 --tensor-cores
    step bf16 $shape --batch 16 --prompt 64 --response 64 --activations bf16
    step f32 $shape --batch 16 --prompt 64 --response 64
  done
  part 60 "kernels" "$build/pith-bench" kernels --device cuda
  part 30 "attention on tensor cores" \
    "$build/pith-bench" kernels --device cuda --filter attention --tensor-cores
  for shape in smollm2-135m qwen2.5-0.5b; do
    part 60 "PyTorch beside it: $shape" python3 "$here/peer/compare.py" --pith "$build/pith-bench" \
      --device cuda --rounds 1 --precision bf16 --shape $shape --batch 16 --prompt 64 --response 64
  done
  tests '^CUDATests\.'
  tests '^ComputeTests\.'
  tests '^TransformerTests\.'
  for title in "${failed[@]}"; do echo "gpu.sh: failed or took too long: $title"; done
  [ ${#failed[@]} -eq 0 ]
}

measure | tee "$log"
