#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/attention_query_gradient.cl"
};

const KernelSource kernel_attention_query_gradient = {"attention_query_gradient.cl", text, sizeof text};
