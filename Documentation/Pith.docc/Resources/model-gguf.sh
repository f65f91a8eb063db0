# A GGUF file of this machine, or of a repository of the hub.
train-gpu generate --model SmolLM2-135M-Instruct-Q4_1.gguf --prompt "Who are you?"
