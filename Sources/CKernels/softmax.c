#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/softmax.cl"
};

const KernelSource kernel_softmax = {"softmax.cl", text, sizeof text};
