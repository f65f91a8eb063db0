#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/projected_divergence.cl"
};

const KernelSource kernel_projected_divergence = {"projected_divergence.cl", text, sizeof text};
