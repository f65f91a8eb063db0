"""Changes each key of each family's config.json in a small random model and compares Pith with transformers.

    pip install -r ../families/requirements.txt
    python3 sweep.py [--program PATH] [FAMILY ...]

See README.md for what the table holds. Weights and inputs come from fixed seeds.
"""

import argparse
import contextlib
import dataclasses
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "families"))

from changes import ABSENT, EXTRA, changes  # noqa: E402
from family_configs import FAMILIES, Family  # noqa: E402
from make_families import load, randomise  # noqa: E402

TOKENS, TOLERANCE = 64, 1e-4
# README.md says why these are refused even where transformers passes over them.
DELIBERATE = {
    "add_cross_attention",
    "attention_chunk_size",
    "attn_logit_softcapping",
    "final_logit_softcapping",
    "layer_types",
    "no_rope_layers",
    "per_layer_config",
    "sliding_window",
    "sliding_window_pattern",
    "sliding_attention",
    "truncate",
    "use_bidirectional_attention",
}


def write(folder: Path, config: dict[str, Any], family: Family) -> None:
    """A model folder: the config as it is, and random weights of the shape that transformers makes of it."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    model = load(folder / "config.json")
    # A window over the whole text hides nothing, so weights are the same for configs of the same shape.
    randomise(model, family, torch.Generator().manual_seed(family.seed))
    made = Path(folder, "made")
    model.save_pretrained(made)
    (made / "model.safetensors").rename(folder / "model.safetensors")


def expected(folder: Path, ids: torch.Tensor) -> torch.Tensor:
    """What transformers computes from the folder."""
    with torch.no_grad():
        logits = load(folder / "config.json", folder)(input_ids=ids[None], use_cache=False).logits[0]
    if not bool(logits.isfinite().all()):
        raise ValueError("logits are not finite")
    return logits


def found(program: str, folder: Path, ids: torch.Tensor) -> torch.Tensor | str:
    """What Pith computes from the folder, or why it does not."""
    output = folder / "logits.safetensors"
    listed = ",".join(str(int(token)) for token in ids)
    command = [program, "logits", "--model", str(folder), "--ids", listed, "--output", str(output)]
    command += ["--device", "cpu", "--threads", "1", "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if result.returncode == 0:
        return load_file(output)["logits"]
    lines = result.stderr.strip().splitlines()
    if result.returncode != 2 or len(lines) != 1:
        raise RuntimeError(f"exit code {result.returncode}: {result.stderr}")
    return lines[0].removeprefix("train-gpu: ").replace(f"{folder}/", "")


def distance(left: torch.Tensor, right: torch.Tensor) -> float:
    """The largest difference against the largest logit."""
    return float((left.double() - right.double()).abs().max() / right.double().abs().max())


def keys(change: dict[str, Any]) -> set[str]:
    """The names in a change, any of which a refusal may name."""
    names: set[str] = set()
    for key, value in change.items():
        names.add(key)
        if isinstance(value, dict):
            names |= keys(value)
    return names


def verdict(
    program: str, family: Family, change: dict[str, Any], ids: torch.Tensor, base: torch.Tensor, root: Path
) -> dict[str, Any]:
    """One row of the table."""
    config = merged(family.config, change)
    folder = root / "changed"
    row: dict[str, Any] = {}
    reference: torch.Tensor | None = None
    try:
        write(folder, config, family)
        reference = expected(folder, ids)
        changed = reference.shape != base.shape or distance(reference, base) > 1e-6
        row["transformers"] = "other logits" if changed else "same logits"
    except Exception as error:  # Whatever transformers raises, it is a refusal.
        row["transformers"] = f"refuses ({type(error).__name__})"
        if not (folder / "model.safetensors").exists():
            (folder / "model.safetensors").write_bytes((root / "base" / "model.safetensors").read_bytes())
    logits = found(program, folder, ids)
    if isinstance(logits, str):
        # What transformers refuses too may be refused for the tensors that it is at odds with.
        named = reference is None or any(key in logits for key in keys(change))
        row["pith"] = "refuses" if named else "REFUSES WITHOUT A NAME"
        row["message"] = logits
    elif reference is None:
        row["pith"] = "runs"
    elif logits.shape == reference.shape and distance(logits, reference) <= TOLERANCE:
        row["pith"] = "agrees"
    else:
        row["pith"] = "DIFFERS"
        row["error"] = f"{distance(logits, reference):.1e}" if logits.shape == reference.shape else "shape"
    return row


def merged(config: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """The config with a change; of gemma3 in its text half, where the keys of the decoder stand."""
    if "text_config" in config and "text_config" not in change and not keys(change) & {"tie_word_embeddings"}:
        return config | {"text_config": merged(config["text_config"], change)}
    return {key: value for key, value in (config | change).items() if value != ABSENT}


def sweep(program: str, family: Family, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a family; those that are `known` are taken as they are."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        write(root / "base", family.config, family)
        config = AutoConfig.from_pretrained(root / "base").get_text_config()
        ids = torch.randint(3, 100, (TOKENS,), generator=torch.Generator().manual_seed(family.seed))
        base = expected(root / "base", ids)
        own = found(program, root / "base", ids)
        assert not isinstance(own, str) and distance(own, base) <= TOLERANCE, f"{family.name}: {own}"
        stated = {field.name for field in dataclasses.fields(config)} | set(EXTRA)
        rows = []
        # The rotary changes once for each model_type.
        kin = [name for name, other in FAMILIES.items() if other.config["model_type"] == family.config["model_type"]]
        made = changes(sorted(stated), family.config, config, with_rotary=kin[0] == family.name)
        for number, (name, change) in enumerate(made):
            old = next((row for row in known if row["change"] == change), None)
            if old is None:
                row = verdict(program, family, change, ids, base, root)
                (root / "changed").rename(root / f"{number}")
                old = {"key": name, "change": change} | row
            rows.append(old)
        return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="FAMILY", help="families to sweep (all of them by default)")
    parser.add_argument("--program", default=str(HERE.parents[2] / ".build/debug/train-gpu"))
    parser.add_argument("--again", action="store_true", help="only changes that are new or were faults the last time")
    options = parser.parse_args()
    torch.set_num_threads(1)
    disable_progress_bar()
    set_verbosity_error()
    (HERE / "results").mkdir(exist_ok=True)
    faults = 0
    for name in options.names or FAMILIES:
        table = HERE / "results" / f"{name}.json"
        known = json.loads(table.read_text()) if options.again and table.exists() else []
        with contextlib.redirect_stdout(io.StringIO()):
            found = sweep(options.program, FAMILIES[name], [row for row in known if not is_fault(row)])
        bad = [row for row in found if is_fault(row)]
        for row in bad:
            print(name, json.dumps(row["change"]), row["transformers"], row["pith"], row.get("message", row.get("error")))
        print(f"{name}: {len(found)} changes, {len(bad)} faults", flush=True)
        faults += len(bad)
        rows = ",\n".join(json.dumps(row) for row in found)
        table.write_text(f"[\n{rows}\n]\n")
    sys.exit(1 if faults else 0)


def is_fault(row: dict[str, Any]) -> bool:
    return row["pith"] in {"DIFFERS", "REFUSES WITHOUT A NAME"} or needless(row)


def needless(row: dict[str, Any]) -> bool:
    """A refusal of a change that changes nothing in transformers, but for those that README.md gives a reason for."""
    if row["transformers"] != "same logits" or row["pith"] != "refuses" or keys(row["change"]) & DELIBERATE:
        return False
    # `dynamic` is not run, and a base must not get lost.
    return not any(text in row["message"] for text in ["is dynamic", "replaced by rope_scaling"])


if __name__ == "__main__":
    main()
