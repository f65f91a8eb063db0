package import Compute
import Foundation
package import OpenCL

/// The devices that a test runs on: the CPU path, and PoCL (or the first OpenCL device) if it is
/// installed, once with the variant for its type and once with the GPU variant.
package enum TestDevice: String, CaseIterable, Sendable, CustomStringConvertible {
  case cpu
  case opencl
  case openclGPUVariant

  package var description: String { rawValue }

  /// The devices that this machine has.
  package static let all: [TestDevice] = openCL == nil ? [.cpu] : allCases

  /// The OpenCL device that tests run on: a GPU where there is one.
  package static let openCL: DeviceDescription? = {
    let found = starting { (try? DeviceDescription.all()) ?? [] }
    return found.first { $0.kind == .gpu } ?? found.first
  }()

  /// Whether tests fail without an OpenCL device; `make test` sets this after installing one.
  package static let requiresOpenCL =
    ProcessInfo.processInfo.environment["PITH_REQUIRE_OPENCL"] != nil

  /// Serialises listing and opening of devices: PoCL's start sometimes fails when two threads race.
  package static func starting<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    start.lock()
    defer { start.unlock() }
    return try body()
  }

  private static let start = NSLock()

  /// Opens a new device, with the default constants of its kernels whatever was tuned on it.
  package func open(isProfiling: Bool = false, memoryLimit: Int? = nil) throws -> Device {
    guard self != .cpu, let description = Self.openCL else {
      return try Device(cpuThreads: 2, memoryLimit: memoryLimit)
    }
    return try Self.starting {
      try Device(
        opencl: description, isProfiling: isProfiling,
        variant: self == .opencl ? .automatic : .gpu, tunings: .none, memoryLimit: memoryLimit)
    }
  }
}
