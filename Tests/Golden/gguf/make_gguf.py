"""Makes the small GGUF files of this folder and the float64 logits that transformers gives for the models in them.

    pip install -r requirements.txt
    python3 make_gguf.py [NAME ...]

See README.md for what each file holds. Weights and inputs come from fixed seeds: two runs write the same bytes.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf.quants import dequantize, quantize
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, GgufConfig
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "families"))
from family_configs import FAMILIES, Family  # noqa: E402
from make_families import DoubleArithmetic, load, randomise  # noqa: E402

from models import MODELS, Model  # noqa: E402

Array = np.ndarray
TYPES = gguf.GGMLQuantizationType


def interleave(rows: Array, heads: int) -> Array:
    """Llama's queries or keys for RoPE over neighbours: `permute` of LlamaModel in llama.cpp's converter."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def separate(rows: Array, heads: int, groups: int) -> Array:
    """Queries, keys and values one after the other, of rows that are stacked by group."""
    grouped = rows.reshape(groups, heads // groups + 2, -1, *rows.shape[1:])
    parts = [grouped[:, :-2], grouped[:, -2:-1], grouped[:, -1:]]
    return np.concatenate([part.reshape(-1, *rows.shape[1:]) for part in parts])


def converted(name: str, value: Array, model: Model, config: dict) -> Array:
    """What llama.cpp's converter makes of a tensor."""
    heads = config.get("num_attention_heads", config.get("n_head"))
    groups = config.get("num_key_value_heads", heads)
    if model.interleaved and ".q_proj." in name:
        return interleave(value, heads)
    if model.interleaved and ".k_proj." in name:
        return interleave(value, groups)
    if model.arch == "gptneox" and ".query_key_value." in name:
        return separate(value, heads, heads)
    if model.arch == "falcon" and ".query_key_value." in name:
        return separate(value, heads, config.get("num_kv_heads") or 1)
    if model.arch == "gpt2" and name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight")):
        return value.T
    if model.arch.startswith("gemma") and name.endswith("norm.weight"):
        return value + 1
    return value


def tensors(state: dict[str, torch.Tensor], model: Model, config: dict) -> dict[str, Array]:
    """The tensors of the file in f32, by their names in it."""
    arch = next(key for key, value in gguf.MODEL_ARCH_NAMES.items() if value == model.arch)
    names = gguf.get_tensor_name_map(arch, config.get("num_hidden_layers", config.get("n_layer")))
    found: dict[str, Array] = {}
    stacked: dict[str, dict[int, Array]] = {}
    for name, tensor in state.items():
        value = converted(name, tensor.float().numpy(), model, config)
        stem, suffix = name.rsplit(".", 1)
        if ".norms." in stem:  # StableLM's norms of each head, which the converter stacks.
            stem, head = stem.split(".norms.")
            stacked.setdefault(f"{names.get_name(stem)}.{suffix}", {})[int(head)] = value
            continue
        if config.get("tie_word_embeddings", model.ties) and name in ("lm_head.weight", "embed_out.weight"):
            continue
        target = names.get_name(stem)
        assert target is not None, name
        found[f"{target}.{suffix}"] = value
    for name, heads in stacked.items():
        found[name] = np.stack([heads[head] for head in range(len(heads))])
    return found | {name: np.array(value, np.float32) for name, value in model.factors.items()}


def type_of(name: str, value: Array, model: Model) -> gguf.GGMLQuantizationType:
    """bf16 for matrices unless the model says otherwise, f32 for the rest, as llama.cpp's converter does."""
    if value.ndim < 2 or "norm" in name or name in model.factors:
        return TYPES.F32
    part = name.split(".")[-2]
    return TYPES[model.types.get(part, model.types.get("", "BF16"))]


def write(path: Path, values: dict[str, Array], model: Model, config: dict) -> dict[str, Array]:
    """Writes the file.

    Returns the tensors as the file's types round them."""
    writer = gguf.GGUFWriter(path, model.arch)
    writer.add_name(model.name)
    writer.add_type(gguf.GGUFType.MODEL)
    for key, value in model.metadata(config).items():
        full = key if "." in key and key.split(".")[0] == "tokenizer" else f"{model.arch}.{key}"
        if isinstance(value, bool):
            writer.add_bool(full, value)
        elif isinstance(value, int):
            writer.add_uint32(full, value)
        elif isinstance(value, float):
            writer.add_float32(full, value)
        elif isinstance(value, str):
            writer.add_string(full, value)
        else:
            writer.add_array(full, value)
    rounded = {}
    for name, value in values.items():
        kind = type_of(name, value, model)
        data = quantize(np.ascontiguousarray(value, np.float32), kind)
        writer.add_tensor(name, data, raw_dtype=kind)
        rounded[name] = dequantize(data, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return rounded


def logits_of(module: torch.nn.Module, ids: torch.Tensor) -> torch.Tensor:
    module = module.double().requires_grad_(False)
    with DoubleArithmetic():
        return module(input_ids=ids, use_cache=False).logits


def make(model: Model) -> None:
    """Writes one file, its config.json and its logits."""
    base = FAMILIES[model.family]
    family = Family(model.name, base.seed, dict(sorted((base.config | model.changes).items())), base.gain, base.spread,
                    base.final_norm, base.long)
    with tempfile.TemporaryDirectory() as temporary:
        config_file = Path(temporary, "config.json")
        config_file.write_text(json.dumps(family.config, indent=2) + "\n")
        generator = torch.Generator().manual_seed(family.seed)
        module = load(config_file)
        randomise(module, family, generator)
        config = family.config
        state = module.state_dict()
        values = tensors(state, model, config)
        path = HERE / f"{model.name}.gguf"
        rounded = write(path, values, model, config)
        if model.types:  # The model that the file holds is the rounded one.
            names = {key: None for key in values}
            index = {name: number for number, name in enumerate(state)}
            for name in state:
                marks = {name: torch.full_like(state[name], 0) for name in state}
                marks[name] = torch.arange(state[name].numel(), dtype=torch.float32).reshape(state[name].shape)
                for key, mark in tensors({name: marks[name]}, model, config).items():
                    if key not in model.factors:
                        names[key] = (name, mark.astype(np.int64))
            for key, found in names.items():
                if found is None:
                    continue
                name, order = found
                flat = torch.empty(state[name].numel())
                flat[torch.from_numpy(order.reshape(-1))] = torch.from_numpy(rounded[key].reshape(-1).copy())
                state[name].copy_(flat.reshape(state[name].shape))
            assert index
        vocabulary = module.get_output_embeddings().weight.shape[0]
        ids = torch.randint(3, vocabulary, (1, 24), generator=generator)
        with torch.no_grad():
            single = module(input_ids=ids, use_cache=False).logits
            exact = logits_of(module, ids)
        error = float((exact - single).abs().max())
        assert error < 1e-4, error
        note = "not read by transformers"
        if model.read_by_transformers:
            other = AutoModelForCausalLM.from_pretrained(
                HERE, gguf_file=path.name, dtype=torch.float32, attn_implementation="eager",
                quantization_config=GgufConfig(dequantize=True)).eval()
            with torch.no_grad():
                read = other(input_ids=ids, use_cache=False).logits
            difference = float((read - exact).abs().max())
            note = f"transformers' own reader differs by {difference:.1e}"
            assert difference < 1e-3, note
        save_file({"input_ids": ids, "logits": exact.float().contiguous()}, HERE / f"{model.name}.safetensors")
        (HERE / f"{model.name}.json").write_text(config_file.read_text())
    print(f"{model.name:20} {path.stat().st_size:7} bytes  float32 differs by {error:.1e}  {note}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="models to make (all of them by default)")
    names = parser.parse_args().names or list(MODELS)
    torch.set_num_threads(1)
    disable_progress_bar()
    set_verbosity_error()
    for name in names:
        make(MODELS[name])


if __name__ == "__main__":
    main()
