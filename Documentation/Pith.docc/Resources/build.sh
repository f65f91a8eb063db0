make install PREFIX=$HOME/.local
export PATH=$HOME/.local/bin:$PATH
train-gpu --version
