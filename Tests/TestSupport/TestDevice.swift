package import Compute
import Foundation
package import OpenCL

/// The devices that a test runs on: the CPU path; PoCL (or the first OpenCL device) if it is
/// installed, once with the variant for its type and once with the GPU variant; and an NVIDIA GPU
/// by CUDA, or where there is none the stand-in for NVIDIA's libraries.
package enum TestDevice: String, CaseIterable, Sendable, CustomStringConvertible {
  case cpu
  case opencl
  case openclGPUVariant
  case cuda

  package var description: String { rawValue }

  /// The devices that this machine has.
  package static let all: [TestDevice] = allCases.filter(\.isPresent)

  private var isPresent: Bool {
    switch self {
    case .cpu: true
    case .opencl, .openclGPUVariant: Self.openCL != nil
    case .cuda: CUDATestDevice.preferred != nil
    }
  }

  /// The OpenCL device that tests run on: a GPU where there is one.
  package static let openCL: OpenCL.DeviceDescription? = {
    let found = starting { (try? OpenCL.DeviceDescription.all()) ?? [] }
    return found.first { $0.kind == .gpu } ?? found.first
  }()

  /// The context of all devices that tests open: a program is built once in a process. With a
  /// context for each, PoCL reads its library of built-in functions each time, for longer than it
  /// compiles.
  package static let openCLContext: OpenCL.DriverContext? = openCL.flatMap { description in
    starting { try? OpenCL.DriverContext(description) }
  }

  /// What compilers of real devices made for tests, apart from the user's.
  package static let programs = ProgramFolder(caches.appending(path: "pith/programs"))

  /// The folder of the caches of tests, among what is built.
  package static let caches = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: ".build/test-caches")

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

  /// Opens a new device of CUDA, with the tunings of a store.
  package static func openCUDA(
    tunings: TuningStore, isProfiling: Bool = false
  ) throws -> Device {
    guard let device = CUDATestDevice.preferred else { throw CancellationError() }
    return try device.openDevice(isProfiling: isProfiling, tunings: tunings)
  }

  /// Opens a new device, with the default constants of its kernels whatever was tuned on it.
  package func open(isProfiling: Bool = false, memoryLimit: Int? = nil) throws -> Device {
    if self == .cuda, let device = CUDATestDevice.preferred {
      return try device.openDevice(isProfiling: isProfiling, memoryLimit: memoryLimit)
    }
    guard self != .cpu, let description = Self.openCL else {
      return try Device(cpuThreads: 2, memoryLimit: memoryLimit)
    }
    let context = Self.openCLContext
    return try Self.starting {
      try Device(
        opencl: description, isProfiling: isProfiling,
        variant: self == .opencl ? .automatic : .gpu, tunings: .none, programs: Self.programs,
        memoryLimit: memoryLimit, in: context)
    }
  }
}
