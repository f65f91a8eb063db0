internal import OpenCL

/// The requested device: `auto`, `cpu`, `opencl` or `opencl:PLATFORM.DEVICE`.
package enum DeviceSelection: Sendable, Equatable, CustomStringConvertible {
  /// The fastest GPU if there is one, else the CPU path. An OpenCL device of CPU type must be
  /// requested explicitly.
  case automatic
  /// The CPU path.
  case cpu
  /// The fastest GPU, else the first OpenCL device.
  case opencl
  /// One device, by platform index and device index.
  case openclDevice(platform: Int, device: Int)

  package init?(_ text: String) {
    switch text {
    case "auto": self = .automatic
    case "cpu": self = .cpu
    case "opencl": self = .opencl
    default:
      guard text.hasPrefix("opencl:") else { return nil }
      let indices = text.dropFirst("opencl:".count).split(
        separator: ".", omittingEmptySubsequences: false)
      guard indices.count == 2, let platform = Int(indices[0]), let device = Int(indices[1]),
        platform >= 0, device >= 0
      else { return nil }
      self = .openclDevice(platform: platform, device: device)
    }
  }

  package var description: String {
    switch self {
    case .automatic: "auto"
    case .cpu: "cpu"
    case .opencl: "opencl"
    case .openclDevice(let platform, let device): "opencl:\(platform).\(device)"
    }
  }

  /// Opens the device. `threads` is for the CPU path; nil for one per core. `tunings` is the store
  /// of tuned configurations of OpenCL devices.
  ///
  /// - Throws: `.unknownDevice` if there is no such device; `.threads`; driver errors.
  package func open(
    threads: Int? = nil, isProfiling: Bool = false, tunings: TuningStore = .user
  ) throws(ComputeError) -> Device {
    if self == .cpu { return try Device(cpuThreads: threads) }
    let survey: DeviceSurvey
    do throws(OpenCLError) {
      survey = try DeviceSurvey()
    } catch {
      // `auto` only needs to know whether there is a GPU: with a broken loader there is none.
      if self == .automatic { return try Device(cpuThreads: threads) }
      throw .driver(error)
    }
    guard let description = try device(among: survey) else {
      return try Device(cpuThreads: threads)
    }
    return try Device(opencl: description, isProfiling: isProfiling, tunings: tunings)
  }

  /// The selected OpenCL device; nil for the CPU path. Throws if the requested device does not
  /// exist or does not respond.
  func device(among survey: DeviceSurvey) throws(ComputeError) -> DeviceDescription? {
    let found = survey.found
    let failure: DeviceSurvey.Failure?
    switch self {
    case .cpu: return nil
    case .automatic: return Self.fastestGPU(among: found)
    case .opencl:
      if let wanted = Self.fastestGPU(among: found) ?? found.first { return wanted }
      failure = survey.failures.first
    case .openclDevice(let platform, let device):
      let wanted = found.first { $0.platformIndex == platform && $0.deviceIndex == device }
      if let wanted { return wanted }
      failure = survey.failure(platform: platform, device: device)
    }
    if let failure { throw .driver(failure.error) }
    throw .unknownDevice(
      asked: description, found: found.map { "opencl:\($0.platformIndex).\($0.deviceIndex)" })
  }

  /// The preferred GPU: discrete before shared memory, then the largest product of compute units
  /// and clock rate, then the first. Vendors count units differently, so the rate is only a guess
  /// across vendors; `openclDevice` selects one.
  static func fastestGPU(among devices: [DeviceDescription]) -> DeviceDescription? {
    func rank(_ device: DeviceDescription) -> (Int, Int) {
      (device.sharesHostMemory ? 0 : 1, device.computeUnits * max(device.clock, 1))
    }
    var best: DeviceDescription?
    for device in devices where device.kind == .gpu {
      if let found = best, rank(found) >= rank(device) { continue }
      best = device
    }
    return best
  }
}
