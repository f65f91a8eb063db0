#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/kl_divergence.cl"
};

const KernelSource kernel_kl_divergence = {"kl_divergence.cl", text, sizeof text};
