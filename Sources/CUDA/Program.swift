import CCUDA

/// Kernels compiled for one device.
@safe package final class Program {
  let context: Context
  /// The file that was compiled, for messages.
  package let name: String
  /// The machine code, for the cache on disk.
  package let binary: [UInt8]
  let module: CUmodule

  /// The program of a source: loaded from the store, or compiled and stored. A binary that the
  /// driver rejects is compiled anew. A failure carries the compiler's log.
  ///
  /// - Throws: the failed call.
  package convenience init(
    _ context: Context, source: [UInt8], name: String, options: [String],
    store: ProgramStore = .none
  ) throws(CUDAError) {
    let compiler = try Compiler(context)
    let key = compiler.key(source: source, options: options)
    if let binary = store.load(key), let module = unsafe try? Self.load(binary, name, context) {
      unsafe self.init(context, name, binary, module)
      return
    }
    let binary = try compiler.compile(source, name: name, options: options).binary
    try self.init(context, binary: binary, name: name)
    store.save(key, binary)
  }

  /// Loads a binary from `binary` of the same architecture.
  ///
  /// - Throws: the failed call.
  package convenience init(
    _ context: Context, binary: [UInt8], name: String
  ) throws(CUDAError) {
    unsafe self.init(context, name, binary, try Self.load(binary, name, context))
  }

  private init(_ context: Context, _ name: String, _ binary: [UInt8], _ module: CUmodule) {
    self.context = context
    self.name = name
    self.binary = binary
    unsafe self.module = module
  }

  private static func load(
    _ binary: [UInt8], _ name: String, _ context: Context
  ) throws(CUDAError) -> CUmodule {
    var loaded: CUmodule?
    try context.refuseWhileCapturing("cuModuleLoadData")
    try context.activate()
    // The driver reads what is no machine code as text, up to a zero.
    let status = unsafe (binary + [0]).withUnsafeBytes { bytes -> CUresult in
      guard let base = bytes.baseAddress else { return CUDA_ERROR_INVALID_VALUE }
      return unsafe context.driver.cuModuleLoadData(&loaded, base)
    }
    try context.driver.check("cuModuleLoadData", status, name)
    guard let module = unsafe loaded else { throw .noResult("cuModuleLoadData") }
    return unsafe module
  }

  deinit {
    context.drain()
    _ = unsafe context.driver.cuModuleUnload(module)
  }
}
