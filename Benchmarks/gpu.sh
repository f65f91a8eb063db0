#!/usr/bin/env bash
# Measures and tests all there is on a machine with an NVIDIA GPU, in less than 8 minutes, into one log: the step of four shapes
# (bf16, f32 and quantised weights; graphs, tensor cores and plain rows on and off), train-gpu tune and the steps as the tuning
# says, every kernel, ranks over all GPUs, the suites of tests side by side, then the same steps in PyTorch where it is.
# Tunings and compiled kernels are in folders of its own: the user's stay as they are.
# Programs and tests are built before: swift build -c release --build-tests -Xswiftc -enable-testing
#
#     Benchmarks/gpu.sh [LOG] [BUILD]       default: gpu.log, .build/release
#
# No Swift is needed: BUILD may hold copies of pith-bench, train-gpu and pithPackageTests.xctest with their libraries.
# NVRTC and cuBLASLt are looked for as always (PITH_CUDA_LIBRARIES names folders). A part that fails, takes too long or has no
# time left (BUDGET=460 seconds in all) is named at the end, and the exit code is 1. PARTS=WORD runs the parts whose title has
# that word.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
log=${1:-gpu.log}
build=$(cd "${2:-$here/../.build/release}" && pwd) || exit 2
for program in pith-bench train-gpu pithPackageTests.xctest; do
  [ -x "$build/$program" ] || { echo "gpu.sh: $build/$program: not found; build it first" >&2; exit 2; }
done
command -v nvidia-smi >/dev/null || { echo "gpu.sh: nvidia-smi: not found: this needs an NVIDIA GPU" >&2; exit 2; }
export LD_LIBRARY_PATH=$build:$build/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PITH_REQUIRE_CUDA=1
bench=$build/pith-bench
budget=${BUDGET:-460}
caches=$(mktemp -d)
trap 'rm -rf "$caches"' EXIT
export XDG_CACHE_HOME=$caches/untuned
failed=()

# within SECONDS: what is left for a part; 0 if it should not begin.
within() {
  local left=$((budget - SECONDS))
  if [ "$left" -lt 5 ]; then echo 0; elif [ "$left" -lt "$1" ]; then echo "$left"; else echo "$1"; fi
}

# part SECONDS TITLE COMMAND...
part() {
  local limit title=$2 begin=$SECONDS
  [[ $title == *${PARTS:-}* ]] || return 0
  limit=$(within "$1")
  shift 2
  echo "== $title"
  if [ "$limit" = 0 ]; then failed+=("$title: no time left"); return; fi
  timeout "$limit" "$@" 2>&1 || failed+=("$title")
  echo "-- $((SECONDS - begin)) s"
}

# step PRECISION SHAPE OPTIONS...: a training step, by the precision of its weights.
step() { part 30 "step $*" "$bench" step --device cuda --precision "$1" --shape "${@:2}"; }

steps() {
  local long="--batch 16 --prompt 64 --response 64"
  # Bound by launches: small shapes and batches, launch by launch and as graphs.
  for shape in tiny "llama-15m $long" smollm2-135m; do
    # shellcheck disable=SC2086
    { step bf16 $shape; step bf16 $shape --graphs; }
  done
  for shape in smollm2-135m qwen2.5-0.5b; do
    # shellcheck disable=SC2086
    for options in "" "--graphs" "--plain-rows" "--tensor-cores" "--activations bf16" \
      "--activations bf16 --tensor-cores --graphs"; do
      step bf16 $shape $long $options
    done
    for precision in f32 q8_0 q4_k; do
      # shellcheck disable=SC2086
      step $precision $shape $long
    done
    # shellcheck disable=SC2086
    step q8_0 $shape $long --tensor-cores
  done
}

# tuned: the search for this card, and steps as it says: untuned ones are among the steps above.
tuned() {
  local long="--batch 16 --prompt 64 --response 64"
  local -x XDG_CACHE_HOME=$caches/tuned
  part 120 "train-gpu tune" "$build/train-gpu" tune --device cuda
  part 10 "devices, tuned" "$build/train-gpu" devices
  # shellcheck disable=SC2086
  for options in tiny "smollm2-135m" "smollm2-135m $long" "smollm2-135m $long --activations bf16" "qwen2.5-0.5b $long" \
    "qwen2.5-0.5b $long --activations bf16"; do
    part 30 "step bf16 $options, tuned" "$bench" step --device cuda --precision bf16 --shape $options
  done
  # shellcheck disable=SC2086
  part 30 "step q8_0 qwen2.5-0.5b $long, tuned" "$bench" step --device cuda --precision q8_0 --shape qwen2.5-0.5b $long
}

# ranks: the step shared out over all GPUs, where there are several and this build has MPI.
ranks() {
  local count
  count=$(nvidia-smi --query-gpu=index --format=csv,noheader | wc -l)
  [ "$count" -gt 1 ] && command -v mpirun >/dev/null || { echo "== ranks: $count GPU or no mpirun: left out"; return; }
  part 60 "ranks on $count GPUs" mpirun -n "$count" --bind-to none "$bench" ranks --device cuda --precision bf16 \
    --shape qwen2.5-0.5b --batch 16 --prompt 64 --response 64
}

# suites: all tests, one process for each suite: they keep different parts of the machine busy.
suites() {
  local folder limit suite processes=() names=()
  [[ tests == *${PARTS:-}* ]] || return 0
  limit=$(within 240)
  if [ "$limit" = 0 ]; then failed+=("tests: no time left"); return; fi
  folder=$(mktemp -d)
  for suite in CUDATests ComputeTests TransformerTests InferenceTests DistillationTests OpenCLTests RanksTests; do
    timeout "$limit" "$build/pithPackageTests.xctest" --testing-library swift-testing --filter "^$suite\\." \
      >"$folder/$suite" 2>&1 &
    processes+=($!)
    names+=("$suite")
  done
  for index in "${!processes[@]}"; do
    wait "${processes[$index]}" || failed+=("tests: ${names[$index]}")
    echo "== tests: ${names[$index]}"
    grep -E "^cuda: |✘|recorded an issue|skipped|Test run with" "$folder/${names[$index]}"
  done
  rm -r "$folder"
}

measure() {
  date -u +%FT%TZ
  nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,memory.total --format=csv,noheader
  part 10 "devices" "$build/train-gpu" devices
  steps
  tuned
  part 60 "kernels" "$bench" kernels --device cuda
  part 30 "kernels, plain rows" "$bench" kernels --device cuda --plain-rows
  part 30 "kernels, attention on tensor cores" "$bench" kernels --device cuda --filter attention --tensor-cores
  part 30 "generate" "$bench" generate --device cuda --shape smollm2-135m --precision bf16 --batch 64
  ranks
  suites
  for shape in smollm2-135m qwen2.5-0.5b; do
    part 60 "PyTorch beside it: $shape" python3 "$here/peer/compare.py" --pith "$bench" \
      --device cuda --rounds 1 --precision bf16 --shape $shape --batch 16 --prompt 64 --response 64
  done
  echo "== $SECONDS s in all"
  for title in "${failed[@]}"; do echo "gpu.sh: failed or took too long: $title"; done
  [ ${#failed[@]} -eq 0 ]
}

measure | tee "$log"
