mlx_lm.generate --prompt-cache-file prompt_cache.safetensors --prompt "When is the counter open on Saturday?" --temp 0
