train-gpu report runs/library --output library.html --price 0.15
