#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/lanes.h"
};

const KernelSource kernel_lanes = {"lanes.h", text, sizeof text};
