#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/agreement.cl"
};

const KernelSource kernel_agreement = {"agreement.cl", text, sizeof text};
