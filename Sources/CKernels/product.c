#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/product.cl"
};

const KernelSource kernel_product = {"product.cl", text, sizeof text};
