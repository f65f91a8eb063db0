"""Runs `pith-bench step` and the same step in PyTorch in turns, and prints medians and ratios.

    python compare.py --pith .build/release/pith-bench --shape qwen2.5-0.5b --rounds 3

Every round is a fresh process of each, one after the other, so that a slow minute of the machine
falls on both. Options that are not named below go to both programs as they are.
"""

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
from pathlib import Path

PEER = Path(__file__).with_name("step.py")


def measure(command):
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if finished.returncode != 0:
        sys.exit(f"compare.py: {' '.join(command)} ended with {finished.returncode}")
    return json.loads(finished.stdout)


def describe(name, results):
    seconds = statistics.median(result["step_seconds_median"] for result in results)
    memory = statistics.median(result["peak_host_bytes"] for result in results)
    spread = [result["step_seconds_median"] * 1e3 for result in results]
    print(f"{name:30} {seconds * 1e3:10.1f} ms {memory / 1e6:10.0f} MB"
          f"   ({min(spread):.1f} to {max(spread):.1f} ms)  {results[0]['device']}")
    return seconds, memory


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--pith", required=True, help="the pith-bench program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shape", default="tiny")
    parser.add_argument("--precision", default="f32",
                        help="f32 or bf16; in bf16 PyTorch rounds activations too, so Pith is timed "
                        "with and without --activations bf16")
    parser.add_argument("--device", default="cpu", help="for PyTorch: cpu or cuda")
    parser.add_argument("--pith-device", help="for Pith; without it as --device")
    parser.add_argument("--uncached", action="store_true",
                        help="also time the step that reads the context every time")
    parser.add_argument("--json", action="store_true")
    options, shared = parser.parse_known_args()
    if importlib.util.find_spec("torch") is None:
        print("skipped: PyTorch is not installed (pip install -r Benchmarks/peer/requirements.txt)")
        return

    shared = ["--shape", options.shape, "--precision", options.precision, *shared, "--json"]
    pith_device = options.pith_device or options.device
    peer = [sys.executable, str(PEER), *shared, "--device", options.device]
    pith = [options.pith, "step", *shared, "--device", pith_device]
    commands = {"Pith": pith}
    if options.precision == "bf16" and pith_device in ("cpu", "cuda"):
        commands["Pith, activations bf16"] = [*pith, "--activations", "bf16"]
    commands["PyTorch, cached teacher"] = peer
    if options.uncached:
        commands["PyTorch, teacher every step"] = [*peer, "--teacher-every-step"]

    results = {name: [] for name in commands}
    for number in range(options.rounds):
        for name, command in commands.items():
            print(f"round {number + 1} of {options.rounds}: {name}", file=sys.stderr, flush=True)
            results[name].append(measure(command))
    if options.json:
        print(json.dumps(results))
        return

    print(f"{' '.join(shared[:-1])}, median of {options.rounds} rounds")
    medians = {name: describe(name, rounds) for name, rounds in results.items()}
    for ours in (name for name in medians if name.startswith("Pith")):
        for theirs in (name for name in medians if name.startswith("PyTorch")):
            time, memory = (mine / other for mine, other in zip(medians[ours], medians[theirs]))
            print(f"{ours} / {theirs}: time {time:.3f}, memory {memory:.3f}")


if __name__ == "__main__":
    main()
