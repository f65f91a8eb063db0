#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/layer_norm.cl"
};

const KernelSource kernel_layer_norm = {"layer_norm.cl", text, sizeof text};
