internal import CUDA
internal import OpenCL

/// What a GPU says of itself, whichever runtime describes it.
struct DeviceProperties {
  /// `CUDA`, or the OpenCL platform.
  let platform: String
  let name: String
  /// What identifies the device in every process; nil where the driver does not say.
  let uuid: UInt128?
  /// The versions of the driver and of the compiler of kernels.
  let driver: String
  let computeUnits: Int
  /// Whether the device works in the host's memory, as integrated GPUs do.
  let sharesHostMemory: Bool
  /// Bytes of device memory.
  let memory: Int
  /// Bytes of the largest single buffer.
  let largestBuffer: Int
  /// Bytes of local memory of one work-group.
  let localMemory: Int
  /// Work-items of the largest work-group.
  let workGroupSize: Int
  /// True for an OpenCL device of CPU type.
  let isCPUType: Bool
  /// Work-items of the sub-groups that reduce rows by shuffles, by OpenCL; nil where the device has
  /// none of a size that divides 32. Warps of CUDA have 32.
  let subGroup: Int?
  /// Whether kernels may use tensor cores with bf16 operands: by CUDA, sm_80 and later.
  let hasTensorCores: Bool

  init(_ device: OpenCL.DeviceDescription) {
    platform = device.platform
    name = device.name
    uuid = device.uuid
    driver = "\(device.driver), \(device.version)"
    computeUnits = device.computeUnits
    sharesHostMemory = device.sharesHostMemory
    memory = device.memory
    largestBuffer = device.largestBuffer
    localMemory = device.localMemory
    workGroupSize = device.workGroupSize
    isCPUType = device.kind == .cpu
    subGroup = device.subGroupSizes.filter { (2...32).contains($0) && 32 % $0 == 0 }.max()
    hasTensorCores = false
  }

  init(_ device: CUDA.DeviceDescription) {
    platform = "CUDA"
    name = device.name
    uuid = device.uuid
    let compiler = (try? device.compiler.get()).map { ", NVRTC \($0)" } ?? ""
    driver = "CUDA \(device.driver)\(compiler)"
    computeUnits = device.computeUnits
    sharesHostMemory = device.sharesHostMemory
    memory = device.memory
    largestBuffer = device.memory
    localMemory = device.localMemory
    workGroupSize = device.workGroupSize
    isCPUType = false
    subGroup = nil
    hasTensorCores = device.architecture >= 80
  }
}
