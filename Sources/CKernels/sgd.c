#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/sgd.cl"
};

const KernelSource kernel_sgd = {"sgd.cl", text, sizeof text};
