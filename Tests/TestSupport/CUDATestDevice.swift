package import CUDA
package import Compute
import Files
import Foundation

/// The CUDA devices that a test runs on: the stand-in for driver, compiler and cuBLASLt of
/// Tests/CUDAStandIn where its sources and a compiler are, and an NVIDIA GPU where there is one.
package enum CUDATestDevice: String, CaseIterable, Sendable, CustomStringConvertible {
  case standIn
  case gpu

  package var description: String { rawValue }

  /// The devices that this machine has.
  package static let all: [CUDATestDevice] = allCases.filter(\.isPresent)

  /// Whether a GPU and its driver respond.
  package static let hasGPU: Bool = {
    guard let libraries = try? CUDATestDevice.gpu.libraries() else { return false }
    return (try? !DeviceDescription.all(libraries).isEmpty) ?? false
  }()

  /// Whether tests fail without a GPU, as on a machine that was taken for them.
  package static let requiresGPU =
    ProcessInfo.processInfo.environment["PITH_REQUIRE_CUDA"] != nil

  /// The folders with libraries that the environment names, if it does.
  package static let namedFolders = ProcessInfo.processInfo.environment[LibrarySearch.variable]?
    .split(separator: ":").map(String.init)

  private var isPresent: Bool {
    switch self {
    case .standIn: CUDAStandIn.isPossible
    case .gpu: Self.hasGPU
    }
  }

  /// Where the libraries of this device are looked for.
  package func search() throws -> LibrarySearch {
    switch self {
    case .standIn:
      LibrarySearch(folders: [try CUDAStandIn.folder.get().path], usesLoaderPath: false, usual: [])
    case .gpu: LibrarySearch(environment: ProcessInfo.processInfo.environment)
    }
  }

  /// The libraries of this device, loaded.
  package func libraries() throws -> Libraries { try Libraries(try search()) }

  /// The device of operations and models: a GPU where there is one and `PITH_CUDA_STAND_IN` does
  /// not ask for the stand-in; nil where neither is there.
  package static let preferred: CUDATestDevice? = {
    let asksForStandIn = ProcessInfo.processInfo.environment["PITH_CUDA_STAND_IN"] != nil
    return hasGPU && !asksForStandIn ? .gpu : all.first
  }()

  /// The loaded libraries of `preferred`.
  private static let loaded = Result { try preferred?.libraries() }

  /// Opens the device for operations, with the default constants of its kernels unless a store has
  /// others.
  func openDevice(
    isProfiling: Bool = false, memoryLimit: Int? = nil, tunings: TuningStore = .none
  ) throws -> Device {
    guard let libraries = try Self.loaded.get() else { throw CancellationError() }
    let programs = self == .standIn ? try CUDAStandIn.programs() : TestDevice.programs
    return try Device(
      cuda: libraries, isProfiling: isProfiling, tunings: tunings, programs: programs,
      memoryLimit: memoryLimit)
  }

  /// Opens the device.
  package func open() throws -> Context { try Context(try libraries(), device: 0) }
}

/// The stand-in, compiled by the clang of the Swift toolchain when tests first need it. Its one
/// library takes the place of all three of NVIDIA.
package enum CUDAStandIn {
  /// The names under which the library is found.
  package static let names = ["libcuda.so.1", "libnvrtc.so.13", "libcublasLt.so.13"]

  private static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let sources = package.appending(path: "Tests/CUDAStandIn")

  /// `$CLANG`, else clang on the path or beside `swift`; nil where there is none.
  private static let clang: String? = {
    let environment = ProcessInfo.processInfo.environment
    if let clang = environment["CLANG"] { return clang }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    let beside = folders.map {
      URL(fileURLWithPath: "\($0)/swift").resolvingSymlinksInPath().deletingLastPathComponent().path
    }
    return (folders.map(String.init) + beside).map { "\($0)/clang" }
      .first(where: FileManager.default.isExecutableFile)
  }()

  /// Whether its sources and a compiler are there.
  static let isPossible = clang != nil && FileManager.default.fileExists(atPath: sources.path)

  /// The folder with the library under its names.
  package static let folder: Result<URL, any Error> = Result { try build() }

  /// What the stand-in's compiler made, kept apart from what NVRTC made and as long as the library.
  package static func programs() throws -> ProgramFolder {
    ProgramFolder(try folder.get().appending(path: "programs"))
  }

  private static func build() throws -> URL {
    let manager = FileManager.default
    let folder = package.appending(path: ".build/cuda-stand-in")
    try manager.createDirectory(at: folder, withIntermediateDirectories: true)
    // NVRTC looks into a loaded library of the driver's name: this one has a name of its own.
    let name = "libpith-cuda-standin.so"
    let library = folder.appending(path: name)
    // Of the processes of the tests, one builds it and the others wait.
    let lock = try FileLock(waitingFor: folder.appending(path: "lock"))
    // The stand-in of the compiler runs the same clang.
    if let clang { unsafe setenv("PITH_STANDIN_CLANG", clang, 1) }
    if try isOlder(library) {
      try? manager.removeItem(at: folder.appending(path: "programs"))
      let fresh = folder.appending(path: "\(UUID().uuidString).so")
      let files = try manager.contentsOfDirectory(atPath: sources.path)
        .filter { $0.hasSuffix(".cpp") }.sorted()
      let process = Process()
      process.executableURL = URL(fileURLWithPath: clang ?? "clang")
      process.arguments =
        [
          "--driver-mode=g++", "-std=c++20", "-O2", "-fPIC", "-shared", "-Wl,-soname,\(name)",
          "-DSTANDIN_PRELUDE=\"\(sources.appending(path: "prelude.h").path)\"", "-o", fresh.path,
        ] + files.map { sources.appending(path: $0).path }
      try process.run()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else { throw Failure.notCompiled }
      guard unsafe rename(fresh.path, library.path) == 0 else { throw Failure.notCompiled }
    }
    for link in names {
      let path = folder.appending(path: link).path
      if !manager.fileExists(atPath: path) {
        unsafe symlink(name, path)
      }
    }
    _ = consume lock
    return folder
  }

  /// Whether a source is newer than the library, or the library is missing.
  private static func isOlder(_ library: URL) throws -> Bool {
    func date(_ url: URL) throws -> Date? {
      try url.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
    }
    guard FileManager.default.fileExists(atPath: library.path), let built = try date(library)
    else { return true }
    return try FileManager.default.contentsOfDirectory(
      at: sources, includingPropertiesForKeys: nil
    )
    .contains { try date($0).map { $0 > built } ?? true }
  }

  private enum Failure: Error {
    case notCompiled
  }
}
