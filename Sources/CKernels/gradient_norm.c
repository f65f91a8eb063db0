#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/gradient_norm.cl"
};

const KernelSource kernel_gradient_norm = {"gradient_norm.cl", text, sizeof text};
