internal import OpenCL

/// The requested device: `auto`, `cpu`, `cuda`, `cuda:DEVICE`, `opencl` or
/// `opencl:PLATFORM.DEVICE`.
package enum DeviceSelection: Sendable, Equatable, CustomStringConvertible {
  /// The first CUDA device if its driver and NVRTC are installed, else the fastest GPU of OpenCL if
  /// there is one, else the CPU path. An OpenCL device of CPU type must be requested explicitly.
  case automatic
  /// The CPU path.
  case cpu
  /// A CUDA device, by its index.
  case cuda(device: Int)
  /// The fastest GPU, else the first OpenCL device.
  case opencl
  /// One device, by platform index and device index.
  case openclDevice(platform: Int, device: Int)

  package init?(_ text: String) {
    switch text {
    case "auto": self = .automatic
    case "cpu": self = .cpu
    case "cuda": self = .cuda(device: 0)
    case "opencl": self = .opencl
    case _ where text.hasPrefix("cuda:"):
      guard let device = Int(text.dropFirst("cuda:".count)), device >= 0 else { return nil }
      self = .cuda(device: device)
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
    case .cuda(let device): "cuda:\(device)"
    case .opencl: "opencl"
    case .openclDevice(let platform, let device): "opencl:\(platform).\(device)"
    }
  }

  /// Opens the device. `threads` is for the CPU path; nil for one per core. `tunings` is the store
  /// of tuned configurations of GPUs.
  ///
  /// - Throws: `.unknownDevice` if there is no such device; `.threads`; `.cuda` with the way to get
  ///   a library that is missing; driver errors.
  package func open(
    threads: Int? = nil, isProfiling: Bool = false, tunings: TuningStore = .user
  ) throws(ComputeError) -> Device {
    if self == .cpu { return try Device(cpuThreads: threads) }
    if case .cuda(let index) = self {
      return try CUDASurvey().open(index, isProfiling: isProfiling, tunings: tunings)
    }
    if self == .automatic {
      let cuda = CUDASurvey()
      if cuda.isUsable { return try cuda.open(0, isProfiling: isProfiling, tunings: tunings) }
    }
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

  /// The selected OpenCL device; nil for the CPU path and CUDA. Throws if the requested device does not
  /// exist or does not respond.
  func device(among survey: DeviceSurvey) throws(ComputeError) -> DeviceDescription? {
    let found = survey.found
    let failure: DeviceSurvey.Failure?
    switch self {
    case .cpu, .cuda: return nil
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
