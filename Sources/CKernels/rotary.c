#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/rotary.cl"
};

const KernelSource kernel_rotary = {"rotary.cl", text, sizeof text};
