vllm serve HuggingFaceTB/SmolLM2-135M-Instruct --enable-prompt-embeds --generation-config vllm --tokenizer exports/vllm
