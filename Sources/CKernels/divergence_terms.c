#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/divergence_terms.h"
};

const KernelSource kernel_divergence_terms = {"divergence_terms.h", text, sizeof text};
