#!/usr/bin/env python3
"""Loads a prompt cache with mlx-lm itself and writes the logits of a text behind it.

    pip install 'mlx[cpu]' mlx-lm
    python3 logits.py MODEL CACHE.safetensors 410,403,407 OUTPUT.safetensors

OUTPUT holds `logits` [S, V] f32 at the positions of the ids. mlx-lm 0.32 reads prompt_cache.safetensors, earlier
versions prompt_cache_0.31.safetensors.
"""

import sys
from pathlib import Path

import mlx.core as mx
from mlx_lm.models.cache import load_prompt_cache
from mlx_lm.utils import load_model

model, cache, ids, output = sys.argv[1:]
model, _ = load_model(Path(model))
cache, metadata = load_prompt_cache(cache, return_metadata=True)
assert set(metadata) == {"model", "tokenizer_config"}, metadata
logits = model(mx.array([[int(identifier) for identifier in ids.split(",")]]), cache=cache)
mx.save_safetensors(output, {"logits": logits[0].astype(mx.float32)})
