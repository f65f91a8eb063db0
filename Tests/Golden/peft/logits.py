#!/usr/bin/env python3
"""Loads an adapter with PEFT itself and writes the logits that it gives.

    pip install torch==2.13.0 transformers==5.23.0 peft==0.21.2 safetensors
    python3 logits.py MODEL ADAPTER 410,403,407 OUTPUT.safetensors

OUTPUT holds `ids` [S] and `logits` [S, V] f32 at the positions of the ids, behind the adapter's
virtual tokens.

`adapter/` and `expected.safetensors` of this folder: an adapter that train-gpu made for the model of
Examples/handbook (8 pseudo-tokens for the handbook, 30 steps), and what this script gave for it with the ids
50,27,559,551,427,261,953,808,280,32,200,34,27.
"""

import sys

import torch
from peft import PeftModel
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

model, adapter, ids, output = sys.argv[1:]
ids = torch.tensor([[int(identifier) for identifier in ids.split(",")]])
base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
peft = PeftModel.from_pretrained(base, adapter).eval()
with torch.no_grad():
    logits = peft(input_ids=ids).logits[0, -ids.shape[1]:]
save_file({"ids": ids[0], "logits": logits.contiguous()}, output)
