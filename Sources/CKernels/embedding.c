#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/embedding.cl"
};

const KernelSource kernel_embedding = {"embedding.cl", text, sizeof text};
