train-gpu distill --model HuggingFaceTB/SmolLM2-135M-Instruct \
  --context Examples/chat/context.txt --output runs/library --tokens 32 \
  --study-count 96 --steps 100 --batch-size 8
