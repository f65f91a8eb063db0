#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/swiglu.cl"
};

const KernelSource kernel_swiglu = {"swiglu.cl", text, sizeof text};
