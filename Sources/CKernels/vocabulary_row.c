#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/vocabulary_row.h"
};

const KernelSource kernel_vocabulary_row = {"vocabulary_row.h", text, sizeof text};
