train-gpu export runs/library --format llamacpp --output exports/llamacpp
