#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/activation.cl"
};

const KernelSource kernel_activation = {"activation.cl", text, sizeof text};
