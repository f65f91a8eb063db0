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

  /// Opens the device. A selection that names no single device opens the first GPU that suits it; of
  /// several ranks of a host each opens another one.
  ///
  /// - Parameters:
  ///   - threads: of the CPU path; nil for one per core.
  ///   - isProfiling: whether events have times.
  ///   - tunings: the store of tuned configurations of GPUs.
  ///   - localRank: this rank among those of its host, from 0.
  /// - Throws: `.unknownDevice` if there is no such device; `.threads`; `.cuda` with the way to get
  ///   a library that is missing; driver errors.
  package func open(
    threads: Int? = nil, isProfiling: Bool = false, tunings: TuningStore = .user,
    localRank: Int = 0
  ) throws(ComputeError) -> Device {
    func open(_ cuda: CUDASurvey, _ index: Int) throws(ComputeError) -> Device {
      try cuda.open(index, isProfiling: isProfiling, tunings: tunings)
    }
    switch self {
    case .cpu: return try Device(cpuThreads: threads)
    case .cuda: return try open(CUDASurvey(), localRank)
    case .cudaDevice(let index): return try open(CUDASurvey(), index)
    case .automatic:
      let cuda = CUDASurvey()
      if cuda.isUsable { return try open(cuda, localRank) }
    case .opencl, .openclDevice: break
    }
    let survey: DeviceSurvey
    do throws(OpenCLError) {
      survey = try DeviceSurvey()
    } catch {
      // `auto` only needs to know whether there is a GPU: with a broken loader there is none.
      if self == .automatic { return try Device(cpuThreads: threads) }
      throw .driver(error)
    }
    guard let description = try device(among: survey, localRank: localRank) else {
      return try Device(cpuThreads: threads)
    }
    return try Device(opencl: description, isProfiling: isProfiling, tunings: tunings)
  }

  /// The selected OpenCL device; nil for the CPU path and CUDA. Throws if the requested device does not
  /// exist or does not respond.
  func device(
    among survey: DeviceSurvey, localRank: Int = 0
  ) throws(ComputeError) -> DeviceDescription? {
    let found = survey.found
    let failure: DeviceSurvey.Failure?
    switch self {
    case .cpu, .cuda, .cudaDevice: return nil
    case .automatic, .opencl:
      let gpus = Self.fastestGPUs(among: found)
      if gpus.indices.contains(localRank) { return gpus[localRank] }
      if !gpus.isEmpty {
        throw .unknownDevice(
          asked: "GPU \(localRank) for rank \(localRank) of the host",
          found: gpus.map { "opencl:\($0.platformIndex).\($0.deviceIndex)" })
      }
      if self == .automatic { return nil }
      // A device of CPU type serves all ranks.
      if let wanted = found.first { return wanted }
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

  /// The GPUs, the preferred one first: discrete before shared memory, then by the product of compute
  /// units and clock rate, then as they are found. Vendors count units differently, so the rate is only
  /// a guess across vendors; `openclDevice` selects one.
  static func fastestGPUs(among devices: [DeviceDescription]) -> [DeviceDescription] {
    func order(_ index: Int, _ device: DeviceDescription) -> (Int, Int, Int) {
      (device.sharesHostMemory ? 1 : 0, -device.computeUnits * max(device.clock, 1), index)
    }
    return devices.filter { $0.kind == .gpu }.enumerated()
      .sorted { order($0.offset, $0.element) < order($1.offset, $1.element) }.map(\.element)
  }
}
