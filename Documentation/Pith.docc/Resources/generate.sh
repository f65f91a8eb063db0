train-gpu generate --model HuggingFaceTB/SmolLM2-135M-Instruct --adapter runs/library \
  --prompt "When is the counter open on Saturday?"
