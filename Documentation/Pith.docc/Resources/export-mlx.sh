train-gpu export runs/library --format mlx --output exports/mlx
