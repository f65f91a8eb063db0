"""LoRA adapters by PEFT on small models of ../families, and their logits in float64.

    pip install -r ../families/requirements.txt peft==0.21.2
    python3 make_lora.py

Per folder NAME: PEFT's two files as `save_pretrained` writes them, and reference.safetensors with `input_ids` and the
`logits` [S, V] of the model with the adapter. A second run writes the same bytes.
"""

import json
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file

HERE = Path(__file__).parent
FAMILIES = HERE.parent / "families"
sys.path.insert(0, str(FAMILIES))
from make_families import DoubleArithmetic, load  # noqa: E402

IDS = [(i * 29 + 11) % 101 for i in range(24)]

# The folder's name, the model, and the settings.
ADAPTERS = [
    ("llama", "llama", dict(r=4, lora_alpha=6, target_modules="all-linear")),
    ("llama-rank-stabilized", "llama",
     dict(r=3, lora_alpha=5, use_rslora=True, target_modules=["q_proj", "down_proj"],
          rank_pattern={"down_proj": 2}, alpha_pattern={"layers.1.mlp.down_proj": 9})),
    ("gpt2", "gpt2", dict(r=2, lora_alpha=4, fan_in_fan_out=True,
                          target_modules=["c_attn", "c_proj", "c_fc"])),
    ("phi3", "phi3", dict(r=4, lora_alpha=8, target_modules=["qkv_proj", "gate_up_proj"])),
]


def main():
    for name, base, settings in ADAPTERS:
        torch.manual_seed(0)
        with DoubleArithmetic():
            model = load(FAMILIES / base / "config.json", FAMILIES / base).double()
            adapted = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **settings))
            generator = torch.Generator().manual_seed(len(name))
            for key, parameter in adapted.named_parameters():
                if ".lora_" in key:
                    # Both factors are random: by default B is 0 and the update nothing.
                    values = torch.randn(parameter.shape, generator=generator) * 0.2
                    parameter.data = values.to(parameter.dtype)
            with torch.no_grad():
                logits = adapted(input_ids=torch.tensor([IDS])).logits[0]
        folder = HERE / name
        adapted.base_model.model.to(torch.float32)
        adapted.peft_config["default"].base_model_name_or_path = base
        adapted.save_pretrained(folder, save_embedding_layers=False)
        (folder / "README.md").unlink()
        file = folder / "adapter_config.json"
        config = json.loads(file.read_text())
        config["target_modules"] = sorted(config["target_modules"])  # a set, of which no two runs agree
        file.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
        save_file(
            {"input_ids": torch.tensor(IDS), "logits": logits.float().contiguous()},
            folder / "reference.safetensors")
        print(name, f"{logits.abs().max():.3f}")


if __name__ == "__main__":
    main()
