#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/residual_add.cl"
};

const KernelSource kernel_residual_add = {"residual_add.cl", text, sizeof text};
