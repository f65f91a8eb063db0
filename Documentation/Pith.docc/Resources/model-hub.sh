# A name of the hub: org/name or org/name@revision.
train-gpu generate --model HuggingFaceTB/SmolLM2-135M-Instruct --prompt "Who are you?"
