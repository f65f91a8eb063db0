import CCUDA

/// The properties of a CUDA device, and of the libraries that programs for it are made with.
package struct DeviceDescription: Sendable, Equatable {
  /// Index of the device, from 0, in the order of the driver (`CUDA_VISIBLE_DEVICES` changes it).
  package let index: Int
  package let name: String
  /// Which GPU it is, or which part of one that is partitioned (MIG): the same number in every
  /// process, whatever index it has there.
  package let uuid: UInt128
  /// The compute capability as NVRTC counts it: 90 for sm_90.
  package let architecture: Int
  /// Streaming multiprocessors.
  package let computeUnits: Int
  /// The highest clock rate, in MHz.
  package let clock: Int
  /// Whether the device works in the host's memory, as integrated GPUs do.
  package let sharesHostMemory: Bool
  /// Bytes of device memory.
  package let memory: Int
  /// Bytes of shared memory of one work-group without opting in to more.
  package let localMemory: Int
  /// Work-items of the largest work-group.
  package let workGroupSize: Int
  /// The latest CUDA version that the driver supports.
  package let driver: Libraries.Version
  /// NVRTC's version, or why kernels cannot be compiled and how to get it.
  package let compiler: Result<Libraries.Version, CUDAError>
  /// cuBLASLt's version, or why it is not there and how to get it.
  package let matmul: Result<Libraries.Version, CUDAError>

  /// The largest counts of work-groups that a launch may have, by dimension.
  package static let largestGrid = [Int(Int32.max), 65_535, 65_535]
}

extension DeviceDescription {
  /// All devices of the driver; empty if there is a driver without a device. Throws if there is no
  /// driver that responds.
  package static func all(_ libraries: Libraries) throws(CUDAError) -> [DeviceDescription] {
    var count: CInt = 0
    let driver = libraries.driver
    let status = unsafe driver.cuDeviceGetCount(&count)
    if status == CUDA_ERROR_NO_DEVICE { return [] }
    try driver.check("cuDeviceGetCount", status)
    var found: [DeviceDescription] = []
    for index in 0..<Int(count) { found.append(try DeviceDescription(index, libraries)) }
    return found
  }

  init(_ index: Int, _ libraries: Libraries) throws(CUDAError) {
    let driver = libraries.driver
    var device: CUdevice = 0
    try driver.check("cuDeviceGet", unsafe driver.cuDeviceGet(&device, CInt(index)))
    func attribute(_ number: CInt) throws(CUDAError) -> Int {
      var value: CInt = 0
      try driver.check(
        "cuDeviceGetAttribute", unsafe driver.cuDeviceGetAttribute(&value, number, device),
        "attribute \(number)")
      return Int(value)
    }
    var name = [CChar](repeating: 0, count: 256)
    try driver.check("cuDeviceGetName", unsafe driver.cuDeviceGetName(&name, 256, device))
    var uuid = [UInt8](repeating: 0, count: 16)
    try driver.check("cuDeviceGetUuid", unsafe driver.cuDeviceGetUuid_v2(&uuid, device))
    var memory = 0
    try driver.check("cuDeviceTotalMem", unsafe driver.cuDeviceTotalMem_v2(&memory, device))
    self.index = index
    self.name = String(terminated: name)
    self.uuid = uuid.reduce(0) { $0 << 8 | UInt128($1) }
    self.architecture =
      try 10 * attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
      + attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)
    self.computeUnits = try attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)
    // Only used to choose between devices: a driver may lack it. The driver counts in kHz.
    self.clock = ((try? attribute(CU_DEVICE_ATTRIBUTE_CLOCK_RATE)) ?? 0) / 1000
    self.sharesHostMemory = try attribute(CU_DEVICE_ATTRIBUTE_INTEGRATED) != 0
    self.memory = memory
    self.localMemory = try attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK)
    self.workGroupSize = try attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK)
    self.driver = libraries.driverVersion
    self.compiler = libraries.compilerVersion
    self.matmul = libraries.matmulVersion
  }
}
