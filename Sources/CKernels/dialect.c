#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/dialect.h"
};

const KernelSource kernel_dialect = {"dialect.h", text, sizeof text};
