train-gpu export runs/library --format vllm --output exports/vllm
