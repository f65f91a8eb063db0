internal import OpenCL

/// Which device a user asks for: `auto`, `cpu`, `opencl` or `opencl:PLATFORM.DEVICE`.
package enum DeviceSelection: Sendable, Equatable, CustomStringConvertible {
  /// A GPU if there is one, else the CPU path. An OpenCL device of CPU type is taken only when named.
  case automatic
  /// The CPU path.
  case cpu
  /// The first GPU, else the first OpenCL device.
  case opencl
  /// One device by its places in `DeviceDescription.all()`.
  case openclDevice(platform: Int, device: Int)

  package init?(_ text: String) {
    switch text {
    case "auto": self = .automatic
    case "cpu": self = .cpu
    case "opencl": self = .opencl
    default:
      guard text.hasPrefix("opencl:") else { return nil }
      let places = text.dropFirst("opencl:".count).split(
        separator: ".", omittingEmptySubsequences: false)
      guard places.count == 2, let platform = Int(places[0]), let device = Int(places[1]),
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

  /// Opens the device. `threads` is for the CPU path; nil takes one a core. `tunings` is where an OpenCL device's kernels look
  /// for their constants.
  package func open(
    threads: Int? = nil, isProfiling: Bool = false, tunings: TuningStore = .user
  ) throws(ComputeError) -> Device {
    if self == .cpu { return try Device(cpuThreads: threads) }
    let found: [DeviceDescription]
    do throws(OpenCLError) {
      found = try DeviceDescription.all()
    } catch {
      // `auto` asks only whether there is a GPU: a broken driver means that there is none.
      if self == .automatic { return try Device(cpuThreads: threads) }
      throw .driver(error)
    }
    let wanted: DeviceDescription?
    switch self {
    case .automatic, .cpu: wanted = found.first { $0.kind == .gpu }
    case .opencl: wanted = found.first { $0.kind == .gpu } ?? found.first
    case .openclDevice(let platform, let device):
      wanted = found.first { $0.platformIndex == platform && $0.deviceIndex == device }
    }
    if let wanted {
      return try Device(opencl: wanted, isProfiling: isProfiling, tunings: tunings)
    }
    if self == .automatic { return try Device(cpuThreads: threads) }
    throw .unknownDevice(
      asked: description, found: found.map { "opencl:\($0.platformIndex).\($0.deviceIndex)" })
  }
}
