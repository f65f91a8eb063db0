#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/product_wide.cl"
};

const KernelSource kernel_product_wide = {"product_wide.cl", text, sizeof text};
