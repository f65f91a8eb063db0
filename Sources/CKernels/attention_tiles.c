#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/attention_tiles.h"
};

const KernelSource kernel_attention_tiles = {"attention_tiles.h", text, sizeof text};
