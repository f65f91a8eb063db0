#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/attention_forward.cl"
};

const KernelSource kernel_attention_forward = {"attention_forward.cl", text, sizeof text};
