#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/soft_cap.cl"
};

const KernelSource kernel_soft_cap = {"soft_cap.cl", text, sizeof text};
