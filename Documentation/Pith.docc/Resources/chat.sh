train-gpu chat --model HuggingFaceTB/SmolLM2-135M-Instruct --adapter runs/library \
  --context Examples/chat/context.txt
