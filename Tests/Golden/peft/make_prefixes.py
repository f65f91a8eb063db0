#!/usr/bin/env python3
"""Makes KV prefixes with PEFT itself, as others make them, and the logits that PEFT gives with them.

    pip install torch==2.13.0 transformers==5.23.0 peft==0.21.2 safetensors
    python3 make_prefixes.py

For the small models of ../families: prefixes/FAMILY-KIND holds an adapter of kind CARTRIDGE or PREFIX_TUNING with
5 rows of random numbers, and expected.safetensors `logits` [S, V] f32 at the ids IDS behind it. The prefix of
gemma3_text is longer than its sliding window of 8.
"""

from pathlib import Path

import torch
from peft import CartridgeConfig, PeftModel, PrefixTuningConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

FAMILIES = {"llama": 5, "qwen2": 5, "qwen3": 5, "gemma3_text": 11, "gpt2": 5}
IDS = [50, 27, 3, 80, 41, 6, 22, 17, 2, 64]

here = Path(__file__).parent
for family, rows in FAMILIES.items():
    model = here.parent / "families" / family
    for kind, config in (("cartridge", CartridgeConfig), ("prefix-tuning", PrefixTuningConfig)):
        torch.manual_seed(len(family) + rows)
        base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
        sizes = base.config
        heads = getattr(sizes, "num_key_value_heads", None) or sizes.num_attention_heads
        width = getattr(sizes, "head_dim", None) or sizes.hidden_size // sizes.num_attention_heads
        adapter = get_peft_model(base, config(
            task_type="CAUSAL_LM", num_virtual_tokens=rows, num_layers=sizes.num_hidden_layers,
            num_attention_heads=heads, token_dim=heads * width))
        folder = here / "prefixes" / f"{family}-{kind}"
        adapter.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)
        # The name of a folder of this machine says nothing elsewhere.
        text = (folder / "adapter_config.json").read_text().replace(str(model), f"families/{family}")
        (folder / "adapter_config.json").write_text(text)
        base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
        loaded = PeftModel.from_pretrained(base, folder).eval()
        with torch.no_grad():
            logits = loaded(input_ids=torch.tensor([IDS])).logits[0, -len(IDS):]
        save_file({"logits": logits.contiguous()}, folder / "expected.safetensors")
        print(family, kind, tuple(logits.shape), logits.abs().max().item())
