#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/argmax.cl"
};

const KernelSource kernel_argmax = {"argmax.cl", text, sizeof text};
