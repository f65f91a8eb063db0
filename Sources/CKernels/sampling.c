#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/sampling.cl"
};

const KernelSource kernel_sampling = {"sampling.cl", text, sizeof text};
