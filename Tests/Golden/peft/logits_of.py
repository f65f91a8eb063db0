#!/usr/bin/env python3
"""Loads adapters with PEFT itself and writes the logits that each gives.

    pip install torch==2.13.0 transformers==5.23.0 peft==0.21.2 safetensors
    python3 logits_of.py JOBS.json

JOBS.json is a list of {"model", "adapter", "ids", "output"}: the safetensors file OUTPUT gets `logits` [S, V] f32
at the positions of the ids, behind the adapter's virtual tokens.
"""

import json
import sys

import torch
from peft import PeftModel
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

for job in json.load(open(sys.argv[1])):
    ids = torch.tensor([job["ids"]])
    base = AutoModelForCausalLM.from_pretrained(job["model"], dtype=torch.float32)
    adapter = PeftModel.from_pretrained(base, job["adapter"]).eval()
    with torch.no_grad():
        logits = adapter(input_ids=ids).logits[0, -ids.shape[1]:]
    save_file({"logits": logits.contiguous()}, job["output"])
