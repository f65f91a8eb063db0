"""Makes weights.safetensors: blocks of every type of GGML that Pith reads, and what gguf.quants makes of them.

    FORMAT.blocks   U8 [bytes]     random bytes; scales of every magnitude, f16 without infinity and NaN
    FORMAT.values   F32 [elements] gguf.quants.dequantize of them
    dense           F32 [elements] rows to quantise: ties, zeros, subnormal numbers, outliers
    FORMAT.encoded  U8 [bytes]     gguf.quants.quantize of `dense`, for q8_0 and q4_0

    pip install gguf safetensors numpy;  python3 make_weights.py
"""

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type
from gguf.quants import dequantize, quantize
from safetensors.numpy import save_file

BLOCKS = {"Q8_0": 24, "Q4_0": 24, "Q4_1": 24, "Q5_0": 24, "Q5_1": 24, "Q4_K": 6, "Q5_K": 6, "Q6_K": 6}
# Byte offsets of a block's f16 numbers.
SCALES = {"Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}

random = np.random.default_rng(1)
tensors = {}


def halves(count):
    """Random f16 bits without infinity and NaN; the first are 0, -0, subnormal, the largest."""
    bits = random.integers(0, 1 << 16, count, dtype=np.uint16)
    bits[(bits & 0x7C00) == 0x7C00] ^= 0x4000
    bits[:5] = [0x0000, 0x8000, 0x0001, 0x83FF, 0x7BFF][: len(bits[:5])]
    return bits


for name, count in BLOCKS.items():
    size = GGML_QUANT_SIZES[Type[name]][1]
    blocks = random.integers(0, 256, (count, size), dtype=np.uint8)
    for offset in SCALES[name]:
        blocks[:, offset : offset + 2] = random.permutation(halves(count)).view(np.uint8).reshape(-1, 2)
    tensors[name.lower() + ".blocks"] = blocks.reshape(-1)
    tensors[name.lower() + ".values"] = dequantize(blocks, Type[name]).reshape(-1)

for name, type_ in (("f16", Type.F16), ("bf16", Type.BF16)):
    bits = halves(256) if name == "f16" else random.integers(0, 0x7F80, 256, dtype=np.uint16)
    tensors[name + ".blocks"] = bits.view(np.uint8)
    tensors[name + ".values"] = dequantize(bits.view(np.uint8), type_).reshape(-1)

dense = random.standard_normal((24, 32)).astype(np.float32) * np.float32(10.0) ** random.integers(-6, 4, (24, 1))
dense = dense.astype(np.float32)
dense[0] = 0
dense[1, ::2] = -0.0
dense[1, 1::2] = 0
dense[2] = np.arange(-16, 16) / 2  # ties of Q4_0
dense[3] = np.where(np.arange(32) % 2, 1, -1) * 127 / 2 ** (np.arange(32) % 9)  # ties of Q8_0
dense[4] = np.where(np.arange(32) % 3, 5.5, -5.5)  # several of the largest magnitude
dense[5] = 1e-7 * np.arange(32)  # scales that are subnormal in f16
dense[6] = 1e-12 * np.arange(32)  # a scale of 0 in f16
dense[7, 5] = 60000.0
tensors["dense"] = dense.reshape(-1)
for name in ("Q8_0", "Q4_0"):
    tensors[name.lower() + ".encoded"] = quantize(dense, Type[name]).reshape(-1)

save_file({name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)}, "weights.safetensors")
