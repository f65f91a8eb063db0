#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/attention_key_value_gradient.cl"
};

const KernelSource kernel_attention_key_value_gradient = {"attention_key_value_gradient.cl", text, sizeof text};
