#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/adamw.cl"
};

const KernelSource kernel_adamw = {"adamw.cl", text, sizeof text};
