#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/reductions.h"
};

const KernelSource kernel_reductions = {"reductions.h", text, sizeof text};
