import Foundation
internal import OpenCL

/// Compiled kernels on disk, so that later runs start quickly: one file per program in
/// `$XDG_CACHE_HOME/pith/programs` (or `~/.cache/pith/programs`), named by a hash of source,
/// options, device and driver. A file that the driver rejects is recompiled; without a writable
/// folder nothing is cached.
///
/// PoCL keeps what it compiles itself, kernel by kernel and work-group size by work-group size. Its
/// binaries hold every kernel once more, compiled for any size, which took half of all its compile
/// time: for PoCL nothing is kept here.
///
/// A driver runs what such a file holds, so only a file is taken that belongs to the user and that
/// nobody else may write.
struct ProgramCache {
  private let folder: URL?
  private let device: String

  init(device: DeviceDescription) {
    self.device = [device.platform, device.name, device.vendor, device.version, device.driver]
      .joined(separator: "\u{0}")
    folder = device.keepsCompiledKernels ? nil : CacheFolder.url("programs")
  }

  /// The program of a source: loaded from disk, or compiled and stored.
  func program(
    _ context: Context, source: [UInt8], name: String, options: String
  ) throws(OpenCLError) -> Program {
    let file = folder?.appendingPathComponent(key(source: source, options: options) + ".bin")
    if let file, let binary = OwnFile.contents(of: file.path),
      let program = try? Program(context, binary: binary, name: name, options: options)
    {
      return program
    }
    let program = try Program(context, source: source, name: name, options: options)
    if let file, let folder, let binary = try? program.binary(), !binary.isEmpty {
      try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      OwnFile.replace(file.path, with: binary)
    }
    return program
  }

  private func key(source: [UInt8], options: String) -> String {
    Fingerprint.text(of: [Array(device.utf8), Array(options.utf8), source])
  }
}

/// A 128-bit FNV-1a hash over all inputs of a cached file.
enum Fingerprint {
  static func text(of parts: [[UInt8]]) -> String {
    [0xcbf2_9ce4_8422_2325, 0x6c62_272e_07bb_0142].map { (basis: UInt64) in
      var hash = basis
      for part in parts {
        for byte in part { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ 0xff) &* 0x100_0000_01b3
      }
      return String(hash, radix: 16)
    }
    .joined(separator: "-")
  }
}
