#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/activations.h"
};

const KernelSource kernel_activations = {"activations.h", text, sizeof text};
