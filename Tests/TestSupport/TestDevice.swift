package import Compute
import OpenCL

/// The devices that a test runs on: the CPU path, and PoCL (or the first OpenCL device) where it is
/// installed, once with the bodies for its type and once with those for GPUs.
package enum TestDevice: String, CaseIterable, Sendable, CustomStringConvertible {
  case cpu
  case opencl
  case openclGPUBodies

  package var description: String { rawValue }

  /// Those that this machine has.
  package static let all: [TestDevice] = openCL == nil ? [.cpu] : allCases

  private static let openCL: DeviceDescription? = {
    let found = (try? DeviceDescription.all()) ?? []
    return found.first { $0.kind == .gpu } ?? found.first
  }()

  /// Opens the device anew.
  package func open(isProfiling: Bool = false, memoryLimit: Int? = nil) throws -> Device {
    guard self != .cpu, let description = Self.openCL else {
      return try Device(cpuThreads: 2, memoryLimit: memoryLimit)
    }
    return try Device(
      opencl: description, isProfiling: isProfiling,
      bodies: self == .opencl ? .automatic : .gpu, memoryLimit: memoryLimit)
  }
}
