package import Compute
import Foundation
package import OpenCL

/// The devices that a test runs on: the CPU path, and PoCL (or the first OpenCL device) where it is
/// installed, once with the bodies for its type and once with those for GPUs.
package enum TestDevice: String, CaseIterable, Sendable, CustomStringConvertible {
  case cpu
  case opencl
  case openclGPUVariant

  package var description: String { rawValue }

  /// Those that this machine has.
  package static let all: [TestDevice] = openCL == nil ? [.cpu] : allCases

  /// The OpenCL device that tests run on: a GPU where there is one.
  package static let openCL: DeviceDescription? = {
    let found = starting { (try? DeviceDescription.all()) ?? [] }
    return found.first { $0.kind == .gpu } ?? found.first
  }()

  /// Whether tests without an OpenCL device are to fail, as `make test` asks for, which has installed one.
  package static let requiresOpenCL =
    ProcessInfo.processInfo.environment["PITH_REQUIRE_OPENCL"] != nil

  /// PoCL's start fails at times when two threads race for it: whoever lists or opens devices does it in here.
  package static func starting<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    start.lock()
    defer { start.unlock() }
    return try body()
  }

  private static let start = NSLock()

  /// Opens the device anew.
  package func open(isProfiling: Bool = false, memoryLimit: Int? = nil) throws -> Device {
    guard self != .cpu, let description = Self.openCL else {
      return try Device(cpuThreads: 2, memoryLimit: memoryLimit)
    }
    return try Self.starting {
      try Device(
        opencl: description, isProfiling: isProfiling,
        variant: self == .opencl ? .automatic : .gpu, memoryLimit: memoryLimit)
    }
  }
}
