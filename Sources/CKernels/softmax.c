#include "CKernels.h"

static const char text[] = {
#embed "../../Kernels/vocabulary_row.h"
    ,
#embed "../../Kernels/softmax.cl"
};

const KernelSource kernel_softmax = {"softmax.cl", text, sizeof text};
