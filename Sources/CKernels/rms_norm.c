#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/rms_norm.cl"
};

const KernelSource kernel_rms_norm = {"rms_norm.cl", text, sizeof text};
