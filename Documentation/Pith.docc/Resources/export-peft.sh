train-gpu export runs/library --format peft --output exports/peft
