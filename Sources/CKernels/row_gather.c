#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/row_gather.cl"
};

const KernelSource kernel_row_gather = {"row_gather.cl", text, sizeof text};
