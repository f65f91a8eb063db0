#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/head_norm.cl"
};

const KernelSource kernel_head_norm = {"head_norm.cl", text, sizeof text};
