#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/sum.cl"
};

const KernelSource kernel_sum = {"sum.cl", text, sizeof text};
