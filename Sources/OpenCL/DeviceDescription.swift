import COpenCL

/// The properties that an OpenCL device reports.
package struct DeviceDescription: Sendable, Equatable {
  /// The kinds of device that the OpenCL standard tells apart.
  package enum Kind: String, Sendable {
    case cpu, gpu, accelerator, other
  }

  /// Index of the platform, from 0.
  package let platformIndex: Int
  /// Index of the device in its platform, from 0.
  package let deviceIndex: Int
  package let platform: String
  package let name: String
  /// Which device it is: the same number in every process, whatever index it has there. Nil where
  /// the driver has none (`cl_khr_device_uuid`).
  package let uuid: UInt128?
  package let vendor: String
  /// The OpenCL version line, such as `OpenCL 1.2 pocl`.
  package let version: String
  package let driver: String
  package let kind: Kind
  package let computeUnits: Int
  /// The highest clock rate, in MHz.
  package let clock: Int
  /// Whether the device works in the host's memory, as integrated GPUs do.
  package let sharesHostMemory: Bool
  /// Bytes of global memory.
  package let memory: Int
  /// Bytes of the largest single buffer.
  package let largestBuffer: Int
  /// Bytes of local memory of one work-group.
  package let localMemory: Int
  /// Work-items of the largest work-group.
  package let workGroupSize: Int
  /// The sizes that a kernel may require of its sub-groups, whose work-items exchange registers by
  /// shuffles; none where the device lacks shuffles or leaves the size to the driver.
  package let subGroupSizes: [Int]

  /// Whether the driver keeps compiled kernels on disk itself.
  package var keepsCompiledKernels: Bool { platform == "Portable Computing Language" }
}

extension DeviceDescription {
  /// All devices that respond, by platform; empty if no driver is installed. Throws if none
  /// responds and a query failed.
  package static func all() throws(OpenCLError) -> [DeviceDescription] {
    let survey = try DeviceSurvey()
    if survey.found.isEmpty, let failure = survey.failures.first { throw failure.error }
    return survey.found
  }

  init(
    platformIndex: Int, deviceIndex: Int, platform: PlatformHandle, device: DeviceHandle
  ) throws(OpenCLError) {
    self.platformIndex = platformIndex
    self.deviceIndex = deviceIndex
    self.platform = try platform.text(CL_PLATFORM_NAME)
    self.name = try device.text(CL_DEVICE_NAME)
    // CL_DEVICE_UUID_KHR, which older headers lack: 16 bytes, the first one the highest.
    let uuid = (try? device.number(0x106A, as: UInt128.self)).map { UInt128(bigEndian: $0) }
    self.uuid = uuid == 0 ? nil : uuid
    self.vendor = try device.text(CL_DEVICE_VENDOR)
    self.version = try device.text(CL_DEVICE_VERSION)
    self.driver = try device.text(CL_DRIVER_VERSION)
    let type = try device.number(CL_DEVICE_TYPE, as: cl_device_type.self)
    self.kind =
      type & cl_device_type(CL_DEVICE_TYPE_GPU) != 0
      ? .gpu
      : type & cl_device_type(CL_DEVICE_TYPE_CPU) != 0
        ? .cpu : type & cl_device_type(CL_DEVICE_TYPE_ACCELERATOR) != 0 ? .accelerator : .other
    self.computeUnits = Int(try device.number(CL_DEVICE_MAX_COMPUTE_UNITS, as: cl_uint.self))
    // These two are only used to choose between devices: a driver may lack them.
    self.clock = Int(
      (try? device.number(CL_DEVICE_MAX_CLOCK_FREQUENCY, as: cl_uint.self)) ?? 0)
    self.sharesHostMemory =
      (try? device.number(CL_DEVICE_HOST_UNIFIED_MEMORY, as: cl_bool.self)).map { $0 != 0 } ?? false
    self.memory = Int(clamping: try device.number(CL_DEVICE_GLOBAL_MEM_SIZE, as: cl_ulong.self))
    self.largestBuffer = Int(
      clamping: try device.number(CL_DEVICE_MAX_MEM_ALLOC_SIZE, as: cl_ulong.self))
    self.localMemory = Int(clamping: try device.number(CL_DEVICE_LOCAL_MEM_SIZE, as: cl_ulong.self))
    self.workGroupSize = try device.number(CL_DEVICE_MAX_WORK_GROUP_SIZE, as: Int.self)
    let extensions = (try? device.text(CL_DEVICE_EXTENSIONS)) ?? ""
    // CL_DEVICE_SUB_GROUP_SIZES_INTEL, which the standard headers lack.
    self.subGroupSizes =
      Self.hasSubGroups(extensions) ? (try? device.sizes(0x4108)) ?? [] : []
  }

  /// Whether a device with these extensions, separated by spaces, lets a kernel require the size of
  /// sub-groups that have shuffles.
  static func hasSubGroups(_ extensions: String) -> Bool {
    let names = Set(extensions.split(separator: " "))
    return names.contains("cl_intel_required_subgroup_size")
      && !names.isDisjoint(with: ["cl_intel_subgroups", "cl_khr_subgroup_shuffle"])
  }
}
