// devices.cpp - the devices of the stand-in for libcuda, each with its context, and what a process
// sees of them.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <string>

#include "driver.h"

namespace standin {

bool isInitialized;
thread_local int current = none;

namespace {

// The devices of the machine that this process sees, by their numbers there.
std::vector<int> visible;
// A device's only context is the address of its element.
int contexts[16];

// The first number of a device's identity, which is written first.
int identity(int device) { return 0x10 + device; }

// The devices that PITH_STANDIN_DEVICES counts, one without it. Of several, CUDA_VISIBLE_DEVICES
// names those that are seen, by number or as GPU-IDENTITY, up to the first that is none.
std::vector<int> visibleDevices() {
  const char *const count = getenv("PITH_STANDIN_DEVICES"), *names = getenv("CUDA_VISIBLE_DEVICES");
  const int present = count ? std::min(std::max(atoi(count), 1), 16) : 1;
  std::vector<int> devices;
  if (!count || !names) {
    for (int device = 0; device < present; device++) devices.push_back(device);
    return devices;
  }
  std::stringstream list(names);
  for (std::string name; std::getline(list, name, ',');) {
    char *end;
    int device = (int)strtol(name.c_str(), &end, 10);
    if (name.rfind("GPU-", 0) == 0)
      device = (int)strtol(name.substr(4, 2).c_str(), &end, 16) - identity(0);
    else if (end == name.c_str() || *end)
      break;
    if (device < 0 || device >= present) break;
    devices.push_back(device);
  }
  return devices;
}

bool isDevice(CUdevice device) { return device >= 0 && device < (int)visible.size(); }

}  // namespace
}  // namespace standin

using namespace standin;

STANDIN_API int cuInit(unsigned flags) {
  LOCKED;
  if (flags) return invalidValue;
  if (!isInitialized) visible = visibleDevices();
  if (visible.empty()) return noDevice;
  isInitialized = true;
  return success;
}
STANDIN_API int cuDeviceGetCount(int *count) {
  LOCKED;
  if (!isInitialized) return notInitialized;
  *count = (int)visible.size();
  return success;
}
STANDIN_API int cuDeviceGet(CUdevice *device, int index) {
  LOCKED;
  if (!isInitialized) return notInitialized;
  if (!isDevice(index)) return invalidDevice;
  *device = index;
  return success;
}
STANDIN_API int cuDeviceGetUuid_v2(unsigned char *uuid, CUdevice device) {
  LOCKED;
  if (!isDevice(device)) return invalidDevice;
  memset(uuid, 0, 16);
  uuid[0] = (unsigned char)identity(visible[device]);
  return success;
}
STANDIN_API int cuDeviceGetName(char *name, int capacity, CUdevice device) {
  if (!isDevice(device)) return invalidDevice;
  snprintf(name, capacity, "CUDA stand-in");
  return success;
}
STANDIN_API int cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
  if (!isDevice(device)) return invalidDevice;
  *bytes = (size_t)80 << 30;
  return success;
}
STANDIN_API int cuDeviceGetAttribute(int *value, int attribute, CUdevice device) {
  if (!isDevice(device)) return invalidDevice;
  // Those of an H100.
  static const std::map<int, int> values = {{1, 1024}, {8, 49152}, {13, 1980000}, {16, 132},
                                            {18, 0},   {75, 9},    {76, 0}};
  auto found = values.find(attribute);
  if (found == values.end()) return invalidValue;
  *value = found->second;
  return success;
}
STANDIN_API int cuDevicePrimaryCtxRetain(void **context, CUdevice device) {
  LOCKED;
  if (!isInitialized) return notInitialized;
  if (!isDevice(device)) return invalidDevice;
  *context = &contexts[device];
  return success;
}
STANDIN_API int cuCtxSetCurrent(void *context) {
  const ptrdiff_t device = context ? (int *)context - contexts : none;
  if (context && !isDevice((CUdevice)device)) return invalidContext;
  current = (int)device;
  return success;
}
