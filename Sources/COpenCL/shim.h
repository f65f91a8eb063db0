// The OpenCL 1.2 interface: what every driver in use offers.
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
