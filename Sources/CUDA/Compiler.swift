import CCUDA

/// NVRTC for one device: CUDA C++ to machine code (CUBIN) of the device's architecture. PTX would
/// be compiled once more by the driver, at each start.
struct Compiler {
  private let compiler: CUDACompiler
  private let version: Libraries.Version
  private let architecture: Int

  /// What the compiler makes of a source.
  struct Output {
    /// Machine code.
    let binary: [UInt8]
    /// Warnings, and what the options request; empty in the normal case.
    let log: String
  }

  /// A compiler for the context's device, or for another architecture. Throws if NVRTC is not
  /// installed.
  init(_ context: Context, architecture: Int? = nil) throws(CUDAError) {
    compiler = try context.libraries.compiler.get()
    version = try context.libraries.compilerVersion.get()
    self.architecture = architecture ?? context.description.architecture
  }

  /// Everything that a binary depends on.
  func key(source: [UInt8], options: [String]) -> [[UInt8]] {
    [Array("NVRTC \(version) sm_\(architecture)".utf8)] + options.map { Array($0.utf8) } + [source]
  }

  /// Compiles a source text. A failure carries the compiler's log.
  func compile(_ source: [UInt8], name: String, options: [String]) throws(CUDAError) -> Output {
    // C functions read the text up to a zero.
    let text = source + [0]
    var created: nvrtcProgram?
    let status = unsafe text.withUnsafeBytes { bytes -> nvrtcResult in
      let characters = unsafe bytes.assumingMemoryBound(to: CChar.self)
      guard let base = characters.baseAddress else { return NVRTC_ERROR_COMPILATION }
      return unsafe compiler.nvrtcCreateProgram(&created, base, name, 0, nil, nil)
    }
    try compiler.check("nvrtcCreateProgram", status, name)
    guard let program = unsafe created else { throw .noResult("nvrtcCreateProgram") }
    defer { _ = unsafe compiler.nvrtcDestroyProgram(&created) }

    let all = ["--gpu-architecture=sm_\(architecture)", "--std=c++17"] + options
    let result = unsafe Self.withCStrings(all) { pointers in
      unsafe compiler.nvrtcCompileProgram(program, CInt(all.count), pointers)
    }
    let log = unsafe (try? log(of: program)) ?? "no build log"
    try compiler.check(
      "nvrtcCompileProgram", result, "\(name) \(options.joined(separator: " "))\n\(log)")
    var size = 0
    try compiler.check(
      "nvrtcGetCUBINSize", unsafe compiler.nvrtcGetCUBINSize(program, &size), name)
    var binary = [CChar](repeating: 0, count: size)
    try compiler.check("nvrtcGetCUBIN", unsafe compiler.nvrtcGetCUBIN(program, &binary), name)
    return Output(binary: binary.map(UInt8.init(bitPattern:)), log: log)
  }

  private func log(of program: nvrtcProgram) throws(CUDAError) -> String {
    var size = 0
    try compiler.check(
      "nvrtcGetProgramLogSize", unsafe compiler.nvrtcGetProgramLogSize(program, &size))
    var text = [CChar](repeating: 0, count: max(size, 1))
    try compiler.check("nvrtcGetProgramLog", unsafe compiler.nvrtcGetProgramLog(program, &text))
    return String(terminated: text)
  }

  /// Calls `body` with pointers to the texts, one after another in one buffer.
  private static func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
  ) -> Result {
    let characters: [CChar] = texts.flatMap { $0.utf8CString }
    return unsafe characters.withUnsafeBufferPointer { buffer in
      var pointers = unsafe [UnsafePointer<CChar>?]()
      var start = 0
      for text in texts {
        unsafe pointers.append(buffer.baseAddress?.advanced(by: start))
        start += text.utf8.count + 1
      }
      return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }
  }
}
