#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/compress_logits.cl"
};

const KernelSource kernel_compress_logits = {"compress_logits.cl", text, sizeof text};
