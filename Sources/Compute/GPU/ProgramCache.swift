internal import OpenCL

/// Programs of an OpenCL device, kept on disk under source, options, device and driver. A file that
/// the driver rejects is recompiled.
///
/// PoCL keeps what it compiles itself, kernel by kernel and work-group size by work-group size. Its
/// binaries hold every kernel once more, compiled for any size, which took half of all its compile
/// time: for PoCL nothing is kept here.
struct ProgramCache {
  private let folder: ProgramFolder
  private let device: String

  init(device: DeviceDescription, folder: ProgramFolder) {
    self.device = [device.platform, device.name, device.vendor, device.version, device.driver]
      .joined(separator: "\u{0}")
    self.folder = device.keepsCompiledKernels ? .none : folder
  }

  /// The program of a source: loaded from disk, or compiled and stored.
  func program(
    _ context: Context, source: [UInt8], name: String, options: String
  ) throws(OpenCLError) -> Program {
    let key = [Array(device.utf8), Array(options.utf8), source]
    if let binary = folder.load(key),
      let program = try? Program(context, binary: binary, name: name, options: options)
    {
      return program
    }
    let program = try Program(context, source: source, name: name, options: options)
    if folder.keepsPrograms, let binary = try? program.binary() { folder.save(key, binary) }
    return program
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
