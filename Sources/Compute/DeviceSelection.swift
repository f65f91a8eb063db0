internal import OpenCL

/// The requested device: `auto`, `cpu`, `cuda`, `cuda:DEVICE`, `opencl` or
/// `opencl:PLATFORM.DEVICE`.
package enum DeviceSelection: Sendable, Equatable, CustomStringConvertible {
  /// The first CUDA device if its driver and NVRTC are installed, else the fastest GPU of OpenCL if
  /// there is one, else the CPU path. An OpenCL device of CPU type must be requested explicitly.
  case automatic
  /// The CPU path.
  case cpu
  /// The first CUDA device.
  case cuda
  /// One CUDA device, by its index.
  case cudaDevice(Int)
  /// The fastest GPU, else the first OpenCL device.
  case opencl
  /// One device, by platform index and device index.
  case openclDevice(platform: Int, device: Int)

  package init?(_ text: String) {
    switch text {
    case "auto": self = .automatic
    case "cpu": self = .cpu
    case "cuda": self = .cuda
    case "opencl": self = .opencl
    case _ where text.hasPrefix("cuda:"):
      guard let device = Int(text.dropFirst("cuda:".count)), device >= 0 else { return nil }
      self = .cudaDevice(device)
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
    case .cuda: "cuda"
    case .cudaDevice(let device): "cuda:\(device)"
    case .opencl: "opencl"
    case .openclDevice(let platform, let device): "opencl:\(platform).\(device)"
    }
  }

  /// Opens the first device that the selection allows.
  ///
  /// - Parameters: those of ``DeviceCandidates/open(_:threads:isProfiling:tunings:)``.
  /// - Throws: as ``candidates()`` and that.
  package func open(
    threads: Int? = nil, isProfiling: Bool = false, tunings: TuningStore = .user
  ) throws(ComputeError) -> Device {
    try candidates().open(threads: threads, isProfiling: isProfiling, tunings: tunings)
  }

  /// The OpenCL devices that the selection allows, the preferred one first; none for the CPU path
  /// and CUDA. Throws if the requested device does not exist or does not respond.
  func devices(among survey: DeviceSurvey) throws(ComputeError) -> [DeviceDescription] {
    let found = survey.found
    let failure: DeviceSurvey.Failure?
    switch self {
    case .cpu, .cuda, .cudaDevice: return []
    case .automatic, .opencl:
      let gpus = Self.fastestGPUs(among: found)
      if !gpus.isEmpty || self == .automatic { return gpus }
      // A device of CPU type serves all ranks.
      if let wanted = found.first { return [wanted] }
      failure = survey.failures.first
    case .openclDevice(let platform, let device):
      let wanted = found.first { $0.platformIndex == platform && $0.deviceIndex == device }
      if let wanted { return [wanted] }
      failure = survey.failure(platform: platform, device: device)
    }
    if let failure { throw .driver(failure.error) }
    throw .unknownDevice(asked: description, found: survey.names)
  }

  /// The GPUs, the preferred one first: discrete before shared memory, then by the product of
  /// compute units and clock rate, then as they are found. Vendors count units differently, so the
  /// rate is only a guess across vendors; `openclDevice` selects one.
  static func fastestGPUs(among devices: [DeviceDescription]) -> [DeviceDescription] {
    func order(_ index: Int, _ device: DeviceDescription) -> (Int, Int, Int) {
      (device.sharesHostMemory ? 1 : 0, -device.computeUnits * max(device.clock, 1), index)
    }
    return devices.filter { $0.kind == .gpu }.enumerated()
      .sorted { order($0.offset, $0.element) < order($1.offset, $1.element) }.map(\.element)
  }
}

extension DeviceSurvey {
  /// What a selection calls the devices: the preferred one `opencl`, each by its indices.
  var names: [String] {
    found.isEmpty
      ? [] : ["opencl"] + found.map { "opencl:\($0.platformIndex).\($0.deviceIndex)" }
  }
}
