#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/attention_backward.cl"
};

const KernelSource kernel_attention_backward = {"attention_backward.cl", text, sizeof text};
